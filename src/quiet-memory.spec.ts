import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../test/eventually.js';
import { giveMemoryBackWhenQuiet } from './quiet-memory.js';

const LOOK_MS = 200;

/** Keeps the event loop busy for some part of each of its turns. */
async function work(part: number, ms: number): Promise<void> {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    const rest = performance.now() + 20 * part;
    while (performance.now() < rest);
    await sleep(20 * (1 - part));
  }
}

describe('memory of a quiet process', () => {
  let collected = 0;
  let stop: () => void;

  beforeEach(() => {
    collected = 0;
    stop = giveMemoryBackWhenQuiet(() => (collected += 1), LOOK_MS);
  });
  afterEach(() => stop());

  it('is given back once, after the start', async () => {
    await eventually(() => expect(collected).toBe(1));
    await sleep(5 * LOOK_MS);
    expect(collected).toBe(1);
  });

  it('is not while it works, and is when the work is done', async () => {
    await work(0.9, 5 * LOOK_MS);
    expect(collected).toBe(0);
    await eventually(() => expect(collected).toBe(1));
    await work(0.9, 5 * LOOK_MS);
    expect(collected).toBe(1);
    await eventually(() => expect(collected).toBe(2));
  });
});
