import { randomInt } from 'node:crypto';

/** Random choices that come out the same for the same seed. */
export interface Random {
  readonly seed: number;
  /** At least 0, below 1. */
  next(): number;
  /** One of the options; an option that is given with a weight of 3 comes three times as often. */
  pick<T>(options: readonly (readonly [T, number])[]): T;
}

/** The seed that CHAOS_SEED asks for, else a new one. Print it: a run can only be looked into with it. */
export function freshSeed(): number {
  return Number(process.env['CHAOS_SEED'] ?? randomInt(2 ** 31));
}

/** mulberry32 by Tommy Ettinger, public domain. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    seed,
    next,
    pick: (options) => {
      let left = next() * options.reduce((sum, [, weight]) => sum + weight, 0);
      const chosen = options.find(([, weight]) => (left -= weight) < 0) ?? options.at(-1);
      if (!chosen) throw new RangeError('there is nothing to pick from');
      return chosen[0];
    },
  };
}
