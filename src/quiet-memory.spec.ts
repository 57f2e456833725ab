import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { giveMemoryBackWhenQuiet } from './quiet-memory.js';

const LOOK_MS = 300;

/** Keeps the event loop busy for nine tenths of the time. */
async function work(ms: number): Promise<void> {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    block(18);
    await sleep(2);
  }
}

function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe('memory of a quiet process', () => {
  let collected = 0;
  let stop: () => void;

  /** With as few looks at it as there can be: they are work too. */
  const untilCollected = async (times: number) => {
    while (collected < times) await sleep(LOOK_MS);
    expect(collected).toBe(times);
  };

  beforeAll(() => Logger.overrideLogger(false));
  afterEach(() => stop());

  const start = (collect?: () => void) => {
    collected = 0;
    stop = giveMemoryBackWhenQuiet(() => {
      collected += 1;
      collect?.();
    }, LOOK_MS);
  };

  it('is given back once the start is over, and again when hard work is', async () => {
    start();
    await work(5 * LOOK_MS);
    expect(collected).toBe(0);
    await untilCollected(1);
    await work(5 * LOOK_MS);
    expect(collected).toBe(1);
    await untilCollected(2);
  });

  it('is not given back again because that itself took long', async () => {
    start(() => block(LOOK_MS));
    await untilCollected(1);
    await sleep(6 * LOOK_MS);
    expect(collected).toBe(1);
  });

  it('stays where it cannot be given back, and nothing is tried again', async () => {
    start(() => {
      throw new TypeError('gc is not a function');
    });
    await untilCollected(1);
    await work(3 * LOOK_MS);
    await sleep(6 * LOOK_MS);
    expect(collected).toBe(1);
  });
});
