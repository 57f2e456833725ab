import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from '../../test/chaos/evidence.js';
import { NOT_TAKEN_IN } from '../../test/chaos/invariants/events.js';
import type { Stirring } from '../../test/chaos/settling.js';
import { SCHEMAS } from '../../test/chaos/subscribers.js';

const POLL_MS = 50;
const LIMIT_MS = 120_000;

/** For whoever asks every 50 ms: each of these is answered from a partial index that is empty when all is done. */
export const WATCHER_SETTINGS = '-c enable_seqscan=off -c jit=off';

const PLACES: readonly (readonly [what: string, rows: string])[] = [
  ['sagas', "orders.sagas WHERE status IN ('running', 'compensating')"],
  ['payments', "payments.payments WHERE status <> 'captured' AND status IN ('pending', 'unknown')"],
  ['refunds', "payments.refunds WHERE state = 'pending'"],
  ['notifications', "notifications.notifications WHERE status = 'queued'"],
  ...SCHEMAS.map((schema) => [`outbox of ${schema}`, `${schema}.outbox WHERE published_at IS NULL`] as const),
  ...SCHEMAS.map((schema) => [`inbox of ${schema}`, `${schema}.inbox WHERE state = 'waiting'`] as const),
];
const OPEN = PLACES.map(([what, rows]) => `SELECT '${what}' AS what WHERE EXISTS (SELECT FROM ${rows})`).join(
  ' UNION ALL ',
);

/**
 * Waits until outboxes and queues are empty and every event is taken in; answers when that was, in `performance.now()`
 * milliseconds. Behind a broker (`stirring`) an event can be nowhere to be seen, in a consumer's hands: there the
 * inboxes are compared with the outboxes, once, when all else is quiet.
 *
 * @throws with what is still under way after two minutes
 */
export async function untilQuiet(watcher: Sql, stirring?: Stirring): Promise<number> {
  const deadline = performance.now() + LIMIT_MS;
  for (;;) {
    const open = (await watcher<{ what: string }>(OPEN)).map(({ what }) => what);
    if (open.length === 0 && stirring) open.push(...(await stirring()));
    const quietAt = performance.now();
    if (open.length === 0 && stirring) open.push(...(await missing(watcher)));
    if (open.length === 0) return quietAt;
    if (quietAt > deadline) throw new Error(`Not settled after ${LIMIT_MS / 1000} s: ${open.join(', ')}`);
    await sleep(POLL_MS);
  }
}

async function missing(sql: Sql): Promise<string[]> {
  await sql('SET enable_seqscan = on');
  const [row] = await sql<{ n: number }>(`SELECT count(*)::int AS n FROM (${NOT_TAKEN_IN}) AS e`);
  await sql('SET enable_seqscan = off');
  return row && row.n > 0 ? [`${row.n} events on their way`] : [];
}
