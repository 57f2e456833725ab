import { SCHEMAS, SUBSCRIBERS } from '../subscribers.js';
import { invariant, type Invariant, type Offender } from './invariant.js';

const OUTBOXES = SCHEMAS.map(
  (schema) => `SELECT '${schema}' AS module, id, name, key, payload, published_at FROM ${schema}.outbox`,
).join(' UNION ALL ');
const INBOXES = SCHEMAS.map(
  (schema) => `SELECT '${schema}' AS consumer, event_id, state, error FROM ${schema}.inbox`,
).join(' UNION ALL ');
const SUBSCRIPTIONS = Object.entries(SUBSCRIBERS)
  .flatMap(([name, consumers]) => consumers.map((consumer) => `('${name}', '${consumer}')`))
  .join(', ');

const outbox = invariant(
  'I12',
  'the outbox is empty, and each transition has exactly one event',
  `SELECT module, name, key, id AS event_id, 'not published' AS problem FROM (${OUTBOXES}) AS o WHERE published_at IS NULL`,
  `WITH h AS (
     SELECT order_id, version, 'orders.' || CASE to_status WHEN 'pending' THEN 'created' ELSE to_status END AS name
     FROM orders.order_history WHERE from_status IS DISTINCT FROM to_status
   ), e AS (
     SELECT (payload ->> 'orderId')::uuid AS order_id, (payload ->> 'version')::int AS version, name, count(*)::int AS events
     FROM orders.outbox GROUP BY 1, 2, 3
   )
   SELECT order_id, version, name, coalesce(events, 0) AS events, h.order_id IS NOT NULL AS happened
   FROM h FULL JOIN e USING (order_id, version, name) WHERE h.order_id IS NULL OR events IS DISTINCT FROM 1`,
  // An order's stock can be given back twice: from the shelf where it was held, and after it was taken afresh.
  `WITH s AS (
     SELECT order_id, name, count(DISTINCT kind)::int AS times FROM inventory.movements m JOIN (VALUES ('reserved', 'inventory.reserved'),
       ('committed', 'inventory.committed'), ('released', 'inventory.released'), ('restocked', 'inventory.released'))
       AS kinds (kind, name) USING (kind) WHERE order_id IS NOT NULL GROUP BY 1, 2
   ), e AS (
     SELECT (payload ->> 'orderId')::uuid AS order_id, name, count(*)::int AS events FROM inventory.outbox
     WHERE name <> 'inventory.low-stock' AND NOT coalesce((payload ->> 'lost')::boolean, false) GROUP BY 1, 2
   )
   SELECT order_id, name, coalesce(events, 0) AS events, coalesce(times, 0) AS happened
   FROM s FULL JOIN e USING (order_id, name) WHERE events IS DISTINCT FROM times`,
  `WITH r AS (SELECT id FROM payments.refunds WHERE state = 'done'),
     e AS (SELECT (payload ->> 'refundId')::uuid AS id, count(*)::int AS events FROM payments.outbox
           WHERE name = 'payments.refunded' GROUP BY 1)
   SELECT id AS refund_id, coalesce(events, 0) AS events, r.id IS NOT NULL AS happened
   FROM r FULL JOIN e USING (id) WHERE r.id IS NULL OR events IS DISTINCT FROM 1`,
  `WITH e AS (SELECT (payload ->> 'paymentId')::uuid AS id, count(*)::int AS events FROM payments.outbox
              WHERE name = 'payments.captured' GROUP BY 1)
   SELECT p.id AS payment_id, p.status, coalesce(e.events, 0) AS events FROM payments.payments p FULL JOIN e USING (id)
   WHERE e.events > 1 OR p.id IS NULL OR (p.status = 'captured' AND e.events IS NULL)`,
);

/** Events that a module has neither taken in nor given up. Those in a dead-letter queue of the broker are among them. */
export const NOT_TAKEN_IN = `
  SELECT e.name, e.id AS event_id, s.consumer, coalesce(i.state, 'not there') AS state, i.error
  FROM (${OUTBOXES}) AS e JOIN (VALUES ${SUBSCRIPTIONS}) AS s (name, consumer) ON s.name = e.name
  LEFT JOIN (${INBOXES}) AS i ON i.consumer = s.consumer AND i.event_id = e.id
  WHERE i.state IS NULL OR i.state = 'waiting'`;

const inbox: Invariant = {
  name: 'I13',
  says: 'every event and subscriber has an inbox row, or a dead letter',
  find: async ({ sql, broker }) => {
    const dead = new Set(broker?.deadLetters.map(({ module, id }) => `${module} ${id}`));
    const missing = await sql<Offender & { consumer: string; event_id: string }>(NOT_TAKEN_IN);
    return missing.filter(({ consumer, event_id }) => !dead.has(`${consumer} ${event_id}`));
  },
};

const KINDS = `(VALUES ('confirmed', 'order-confirmed'), ('failed', 'order-failed'), ('shipped', 'order-shipped'),
  ('delivered', 'order-delivered'), ('cancelled', 'order-cancelled')) AS kinds (status, template)`;

const mails = invariant(
  'I14',
  'one mail per order and kind, and none still queued',
  `WITH due AS (
     SELECT h.order_id, kinds.template FROM orders.order_history h JOIN ${KINDS} ON h.to_status = kinds.status
     WHERE h.from_status IS DISTINCT FROM h.to_status
   ), mailed AS (
     SELECT order_id, template, count(*)::int AS mails FROM notifications.notifications
     WHERE type = 'email' AND template IN (SELECT template FROM ${KINDS}) GROUP BY 1, 2
   )
   SELECT order_id, template, coalesce(mails, 0) AS mails, due.order_id IS NOT NULL AS happened
   FROM due FULL JOIN mailed USING (order_id, template) WHERE due.order_id IS NULL OR mails IS DISTINCT FROM 1`,
  "SELECT id, order_id, template, type, reason FROM notifications.notifications WHERE status = 'queued'",
);

export const EVENT_INVARIANTS = [outbox, inbox, mails] as const;
