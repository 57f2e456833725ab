import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { SystemClock } from '../clock.js';
import { RevocationPoll, RevocationSource } from './revocation-poll.js';
import { MemoryRevocations } from './revocations.js';

/** Somebody who knows which sessions were ended, or cannot be reached. */
class Source extends RevocationSource {
  readonly ended: string[] = [];
  reachable = true;
  asked = 0;

  recent(): Promise<{ sessionId: string; until: Date }[]> {
    this.asked += 1;
    if (!this.reachable) return Promise.reject(new Error('nobody there'));
    return Promise.resolve(
      this.ended.map((sessionId) => ({ sessionId, until: new Date(Date.now() + 60_000) })),
    );
  }
}

describe('the look for revocations', () => {
  const said: string[] = [];
  const memory = new MemoryRevocations(new SystemClock());
  let source: Source;
  let poll: RevocationPoll;

  beforeAll(() => {
    const note = (...parts: unknown[]) => void said.push(parts.map(String).join(' '));
    Logger.overrideLogger({ log: note, warn: note, error: note });
  });

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] });
    source = new Source();
    poll = new RevocationPoll(source, memory);
    said.length = 0;
  });

  afterEach(async () => {
    jest.useRealTimers();
    await poll.onModuleDestroy();
  });

  afterAll(() => Logger.overrideLogger(['error', 'warn', 'log']));

  const settled = () => new Promise((resolve) => setImmediate(resolve));

  async function pass(ms: number): Promise<void> {
    await jest.advanceTimersByTimeAsync(ms);
    await settled();
  }

  it('finds what was ended before it began, and what is ended later, within ten seconds', async () => {
    const [before, later] = [randomUUID(), randomUUID()];
    source.ended.push(before);
    poll.onApplicationBootstrap();
    await settled();
    expect(memory.isRevoked(before)).toBe(true);
    source.ended.push(later);
    await pass(10_000);
    expect(memory.isRevoked(later)).toBe(true);
    expect(source.asked).toBe(2);
  });

  it('does not look more seldom after failures, and complains once', async () => {
    source.reachable = false;
    poll.onApplicationBootstrap();
    await settled();
    for (let i = 0; i < 6; i++) await pass(10_000);
    expect(source.asked).toBe(7);
    source.reachable = true;
    const id = randomUUID();
    source.ended.push(id);
    await pass(10_000);
    expect(memory.isRevoked(id)).toBe(true);
    expect(said).toEqual([
      expect.stringContaining('cannot be asked for'),
      expect.stringContaining('can be asked for again'),
    ]);
  });
});
