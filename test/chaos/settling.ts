import { eventually } from '../harness.js';
import type { Sql } from './evidence.js';
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

/** Waits until nothing is under way any more; throws with what still is after `limitMs`. */
export async function untilSettled(sql: Sql, limitMs = SETTLE_MS): Promise<void> {
  await eventually(async () => {
    const open = (await sql<{ what: string; n: number }>(OPEN)).filter(({ n }) => n > 0);
    if (open.length > 0) {
      throw new Error(`Not settled in time: ${open.map(({ what, n }) => `${n} ${what}`).join(', ')}`);
    }
  }, limitMs);
}
