import { setTimeout as sleep } from 'node:timers/promises';
import type { Driver } from './driver.js';

const EVERY_MS = 200;
/** No fault is so bad; then something is broken for good. */
const GIVE_UP_MS = 90_000;

interface Probe {
  sentAt: number;
  answeredAt: number;
  confirmed: boolean;
}

/**
 * Places an order every 200 ms, each whether or not the one before is answered, until all is `whole` again and one
 * that was sent since is confirmed. Gives the seconds from `hitAt` (by `performance.now()`) to the first confirmation
 * after the last order that was not confirmed.
 */
export async function secondsUntilConfirmed(
  prober: Driver,
  hitAt: number,
  whole: () => boolean,
): Promise<number> {
  const probes: Probe[] = [];
  for (let wholeAt = Infinity; ; ) {
    const sent: Promise<number>[] = [];
    while (!probes.some(({ sentAt, confirmed }) => confirmed && sentAt >= wholeAt)) {
      if (performance.now() - hitAt > GIVE_UP_MS) throw new Error('Orders are not confirmed again');
      if (wholeAt === Infinity && whole()) wholeAt = performance.now();
      sent.push(probe(prober).then((each) => probes.push(each)));
      await sleep(EVERY_MS);
    }
    await Promise.all(sent);
    const servedAt = servedSince(probes);
    if (servedAt !== null) return (servedAt - hitAt) / 1000;
    wholeAt = performance.now();
  }
}

async function probe(prober: Driver): Promise<Probe> {
  const sentAt = performance.now();
  const answer = await prober.place();
  return { sentAt, answeredAt: performance.now(), confirmed: answer?.status === 201 };
}

/** Null when the last one was not confirmed. */
function servedSince(probes: readonly Probe[]): number | null {
  const lastBad = Math.max(0, ...probes.filter(({ confirmed }) => !confirmed).map(({ sentAt }) => sentAt));
  const good = probes.filter(({ sentAt, confirmed }) => confirmed && sentAt > lastBad);
  return good.length === 0 ? null : Math.min(...good.map(({ answeredAt }) => answeredAt));
}
