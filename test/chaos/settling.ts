import { eventually } from '../harness.js';
import type { Sql } from './evidence.js';
import { NOT_TAKEN_IN } from './invariants/events.js';
import { SCHEMAS } from './subscribers.js';

/** Back in service within this time of any single fault. Milliseconds. */
export const SETTLE_MS = 30_000;

/** One statement, so that everything is seen at one moment: what moves between two looks would be missed. */
const OPEN = [
  "SELECT 'orders that are pending' AS what, count(*)::int AS n FROM orders.orders WHERE status = 'pending'",
  "SELECT 'sagas that run', count(*)::int FROM orders.sagas WHERE status IN ('running', 'compensating')",
  "SELECT 'payments without an outcome', count(*)::int FROM payments.payments WHERE status IN ('pending', 'unknown')",
  "SELECT 'refunds under way', count(*)::int FROM payments.refunds WHERE state = 'pending'",
  "SELECT 'notifications to be sent', count(*)::int FROM notifications.notifications WHERE status = 'queued'",
  ...SCHEMAS.map(
    (schema) =>
      `SELECT 'events of ${schema}', count(*)::int FROM ${schema}.outbox WHERE published_at IS NULL`,
  ),
  ...SCHEMAS.map(
    (schema) =>
      `SELECT 'events that wait for ${schema}', count(*)::int FROM ${schema}.inbox WHERE state = 'waiting'`,
  ),
].join(' UNION ALL ');

/** With a broker, an event may have left the outbox and be nowhere else in the database yet. */
const UNDER_WAY = `SELECT 'events on their way' AS what, count(*)::int AS n FROM (${NOT_TAKEN_IN}) AS e`;

/** What a broker has still in hand, in words. */
export type Stirring = () => Promise<string[]>;

/** Waits until nothing is under way any more; throws with what still is after `limitMs`. */
export async function untilSettled(sql: Sql, limitMs = SETTLE_MS, stirring?: Stirring): Promise<void> {
  const asked = async (query: string) =>
    (await sql<{ what: string; n: number }>(query))
      .filter(({ n }) => n > 0)
      .map(({ what, n }) => `${n} ${what}`);
  await eventually(async () => {
    const open = await asked(OPEN);
    if (open.length === 0 && stirring) {
      open.push(...(await asked(`${OPEN} UNION ALL ${UNDER_WAY}`)), ...(await stirring()));
    }
    if (open.length > 0) throw new Error(`Not settled in time: ${open.join(', ')}`);
  }, limitMs);
}
