import type { Client } from 'pg';
import { grow } from '../../bench/growth/grow.js';

/** From this size on PostgreSQL reads these tables as it would with millions of rows. */
const ORDERS = 25_000;
const OTHERS = 10_000;

/** Orders as the loader makes them, some of them in each state, and as many of everything else that grows. */
export async function fill(admin: Client): Promise<void> {
  await grow(admin, { orders: ORDERS, withEvents: OTHERS });
  for (const statement of [...STATES, ...PEOPLE, ...MESSAGES]) await admin.query(statement);
  await admin.query('VACUUM ANALYZE');
}

/** A few orders of each state, all old and all of one stretch: what the newest pages do not show. */
const STATES = [
  `UPDATE orders.orders SET status = s.status FROM (
     SELECT id, (ARRAY['failed', 'cancelled', 'processing', 'shipped', 'delivered'])[1 + row_number() OVER (ORDER BY id) % 5] AS status
     FROM orders.orders ORDER BY id LIMIT 30 OFFSET 3000) AS s WHERE orders.id = s.id`,
  `INSERT INTO payments.refunds (id, payment_id, amount, origin, state, due_at)
   SELECT gen_random_uuid(), id, 1, 'manual', 'done', now() FROM payments.payments LIMIT ${OTHERS}`,
  `UPDATE payments.payments SET status = 'declined' WHERE id IN (SELECT id FROM payments.payments ORDER BY id LIMIT 10 OFFSET 3000)`,
  `UPDATE notifications.notifications SET status = s.status, type = s.type, template = 'x' FROM (
     SELECT id, (ARRAY['failed', 'suppressed', 'sent'])[1 + n % 3] AS status, (ARRAY['sms', 'email', 'websocket'])[1 + n % 3] AS type
     FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM notifications.notifications ORDER BY id LIMIT 30 OFFSET 3000) AS o
   ) AS s WHERE notifications.id = s.id`,
];

const PEOPLE = [
  `INSERT INTO users.users (id, email, name, roles, password_hash, created_at)
   SELECT uuidv7(-make_interval(hours => n)), 'person' || n || '@bench.test', 'Person ' || n, ARRAY['customer'], 'x',
     now() - make_interval(hours => n) FROM generate_series(1, ${OTHERS}) AS n`,
  `INSERT INTO users.sessions (id, user_id, created_at, expires_at, ended_at, end_reason)
   SELECT gen_random_uuid(), id, now() - interval '1 hour', now() + interval '20 days', ended,
     CASE WHEN ended IS NOT NULL THEN 'logout' END
   FROM (SELECT id, CASE WHEN random() < 0.95 THEN now() - random() * interval '6 days' - interval '2 hours' END AS ended
         FROM users.users) AS u`,
  `INSERT INTO users.refresh_tokens (hash, session_id) SELECT sha256(id::text::bytea), id FROM users.sessions`,
];

const OUTBOXES = ['users'];
const INBOXES = ['payments', 'orders'];
const KEYS = ['orders', 'inventory', 'payments'];

const MESSAGES = [
  ...OUTBOXES.map(
    (schema) =>
      `INSERT INTO ${schema}.outbox (id, name, version, key, occurred_at, correlation_id, payload, published_at)
       SELECT id, name, version, key, occurred_at, correlation_id, payload, published_at FROM orders.outbox LIMIT ${OTHERS}`,
  ),
  ...INBOXES.map(
    (schema) => `INSERT INTO ${schema}.inbox (event_id, name, state, received_at)
                 SELECT event_id, name, state, received_at FROM notifications.inbox LIMIT ${OTHERS}`,
  ),
  ...KEYS.map(
    (
      schema,
    ) => `INSERT INTO ${schema}.idempotency_keys (scope, key, request_hash, resource_id, status, answer)
                 SELECT 'somebody', id::text, 'x', id, 201, '{}' FROM orders.orders LIMIT ${OTHERS}`,
  ),
];
