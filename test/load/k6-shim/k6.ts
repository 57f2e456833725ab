import { record } from './metrics.js';

/** As k6's: all are looked at, none throws, and each counts in `checks`. */
export function check<T>(value: T, checks: Record<string, (value: T) => boolean>): boolean {
  const results = Object.entries(checks).map(([name, holds]) => {
    const isSo = holds(value);
    record('checks', isSo ? 1 : 0);
    if (!isSo) process.stderr.write(`not so: ${name}\n`);
    return isSo;
  });
  return results.every(Boolean);
}

/** Blocks, as it does in k6. */
export function sleep(seconds: number): void {
  if (!Number.isFinite(seconds)) throw new Error(`sleep(${seconds})`);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, seconds * 1000);
}
