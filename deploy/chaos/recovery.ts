import type { Probe } from './prober.js';

/** What the clients noticed of a hit at `at`, until the next one. */
export interface Recovery {
  /** Seconds from the hit to the first of the good orders that nothing but good ones follows; null: never. */
  seconds: number | null;
  orders: number;
  /** Those that were not good, in the order in which they were sent. */
  bad: Probe[];
}

/**
 * 0 seconds when no order was bad. Counted are orders that were under way at the hit or sent after it, and answered
 * before the next hit at `until`. At least `consecutive` good ones must stand at the end.
 */
export function recoveryOf(
  probes: readonly Probe[],
  at: number,
  until: number,
  consecutive: number,
): Recovery {
  const own = probes.filter(({ answeredAt }) => answeredAt >= at && answeredAt < until);
  const bad = own.filter(({ verdict }) => verdict !== 'good');
  const lastBad = bad.at(-1)?.sentAt ?? -Infinity;
  const goodAtEnd = own.filter(({ sentAt }) => sentAt > lastBad);
  const first = Math.min(...goodAtEnd.map(({ answeredAt }) => answeredAt));
  const seconds = goodAtEnd.length < consecutive ? null : bad.length === 0 ? 0 : (first - at) / 1000;
  return { seconds, orders: own.length, bad };
}
