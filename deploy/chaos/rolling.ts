import { seconds } from './kill-rounds.js';
import type { Platform } from './platform/platform.js';
import type { Probe, Prober } from './prober.js';
import type { Case } from './report.js';
import { until } from './until.js';

const QUIET_MS = 60_000;

/** Times by `performance.now()`. */
export interface Update {
  service: string;
  at: number;
  completeAt: number | null;
}

/**
 * Has the platform replace one service after the other. Notes in `updates` what it has done. @throws when one cannot be
 * replaced
 */
export async function roll(
  platform: Platform,
  prober: Prober,
  { services, consecutive }: { services: readonly string[]; consecutive: number },
  updates: Update[],
  say: (line: string) => void,
): Promise<void> {
  await until(
    () => prober.isGood(consecutive),
    QUIET_MS,
    `${consecutive} orders in a row are good at the start`,
  );
  for (const service of services) {
    say(`Replacing ${service}`);
    const update: Update = { service, at: performance.now(), completeAt: null };
    updates.push(update);
    await platform.roll(service);
    update.completeAt = performance.now();
    say(`  replaced after ${seconds(update.completeAt - update.at)}`);
  }
  const end = performance.now();
  const isAsked = () => (prober.probes.at(-1)?.sentAt ?? 0) > end;
  await until(isAsked, QUIET_MS, 'an order is sent after the last replacement');
}

/** Each order that is not good, a refusal included, fails the service that was the last to be replaced then. */
export function updateCase(
  { service, at, completeAt }: Update,
  next: number,
  probes: readonly Probe[],
): Case {
  const own = probes.filter(({ answeredAt }) => answeredAt >= at && answeredAt < next);
  const bad = own.filter(({ verdict }) => verdict !== 'good');
  const failure =
    completeAt === null
      ? 'it was not replaced'
      : bad.length > 0
        ? `${bad.length} of ${own.length} requests failed`
        : own.length === 0
          ? 'no request was made meanwhile'
          : null;
  return {
    name: `rolling update of ${service}`,
    service,
    at,
    recoverySeconds: null,
    completeSeconds: completeAt === null ? null : (completeAt - at) / 1000,
    orders: own.length,
    bad,
    failure,
  };
}
