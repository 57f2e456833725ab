import { setTimeout as sleep } from 'node:timers/promises';

const EVERY_MS = 200;

/** Asks until it is so; one that fails is asked again. @throws when `limitMs` are over, with what was wrong last */
export async function until(
  condition: () => boolean | Promise<boolean>,
  limitMs: number,
  what: string,
): Promise<void> {
  const end = performance.now() + limitMs;
  let last = '';
  for (;;) {
    try {
      if (await condition()) return;
      last = '';
    } catch (error) {
      last = `: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (performance.now() > end) throw new Error(`Not so after ${limitMs / 1000} s: ${what}${last}`);
    await sleep(EVERY_MS);
  }
}
