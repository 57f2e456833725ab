/**
 * What a finished order leaves behind, as `bench/sql/order.sql` writes it, for many orders at once. Each statement
 * reads the batch that `BATCH` made; those of `ROWS` are for all orders, those of `EVENTS` for the newest only.
 */

/** The batch, what is for sale and who buys it: tables of the session, so that each chunk is one transaction. */
export const SESSION_TABLES = `
  CREATE TEMP TABLE goods AS
    SELECT row_number() OVER (ORDER BY p.sku) - 1 AS n, p.sku, p.name, p.price_amount AS price
    FROM catalog.products p JOIN inventory.stock s ON s.sku = p.sku AND s.warehouse = 'main'
    WHERE p.sku LIKE 'BENCH-%';
  CREATE TEMP TABLE buyers AS
    SELECT row_number() OVER (ORDER BY id) - 1 AS n, id FROM users.users WHERE email LIKE 'buyer%@bench.test';
  CREATE TEMP TABLE batch (
    n bigint, id uuid, payment_id uuid, number text, user_id uuid, amount bigint, trace text, parent text,
    at timestamptz, done_at timestamptz, shift interval,
    sku1 text, name1 text, price1 bigint, sku2 text, name2 text, price2 bigint);
  CREATE TEMP TABLE batch_lines (id uuid, shift interval, at timestamptz, done_at timestamptz, line int, sku text,
    name text, quantity int, price bigint, trace text);
  ANALYZE goods; ANALYZE buyers`;

/**
 * Orders $1 to $2 of $3, spread over the $4 seconds before now; $5 is the number of the first. Ids carry the time of
 * their order, so that indexes grow at their end, as they do in years.
 */
export const BATCH = `
  INSERT INTO batch
  SELECT d.n, d.id, uuidv7(d.shift + interval '20 ms'),
    'WB-' || to_char(d.at AT TIME ZONE 'UTC', 'YYYY') || '-' || lpad(d.number, greatest(6, length(d.number)), '0'),
    b.id, g1.price + 2 * g2.price, d.trace, '00-' || d.trace || '-' || left(d.trace, 16) || '-01',
    d.at, d.at + interval '40 ms', d.shift, g1.sku, g1.name, g1.price, g2.sku, g2.name, g2.price
  FROM (
    SELECT n, id, uuid_extract_timestamp(id) AS at, shift, ($5::bigint + n - 1)::text AS number,
      replace(gen_random_uuid()::text, '-', '') AS trace, floor(random() * goods) AS first,
      1 + floor(random() * (goods - 1)) AS further, floor(random() * buyers) AS buyer, goods
    FROM (SELECT n, shift, uuidv7(shift) AS id FROM (
            SELECT n, make_interval(secs => ($4::float8 * (n - $3::bigint - 1) / $3::bigint)::float8) AS shift
            FROM generate_series($1::bigint, $2::bigint) AS n) AS s) AS i,
      (SELECT count(*) AS goods FROM goods) AS g, (SELECT count(*) AS buyers FROM buyers) AS u
  ) AS d
  JOIN goods g1 ON g1.n = d.first
  JOIN goods g2 ON g2.n = (d.first::bigint + d.further::bigint) % d.goods
  JOIN buyers b ON b.n = d.buyer
  ORDER BY d.n`;

export const BATCH_LINES = `
  INSERT INTO batch_lines
  SELECT id, shift, at, done_at, line, sku, name, quantity, price, trace FROM batch, LATERAL (
    VALUES (0, sku1, name1, 1, price1), (1, sku2, name2, 2, price2)) AS l (line, sku, name, quantity, price)`;

const ADDRESS = JSON.stringify({
  name: 'B. Buyer',
  line1: 'Teststraße 1',
  line2: null,
  city: 'Berlin',
  postalCode: '10115',
  country: 'DE',
});

/** What an order leaves for good. */
export const ROWS = [
  `INSERT INTO orders.orders (id, number, user_id, status, version, total_amount, currency, shipping_address,
     payment_id, payment_status, created_at, updated_at)
   SELECT id, number, user_id, 'confirmed', 2, amount, 'EUR', '${ADDRESS}', payment_id, 'captured', at, done_at FROM batch`,
  `INSERT INTO orders.order_items (order_id, line, sku, name, quantity, unit_amount)
   SELECT id, line, sku, name, quantity, price FROM batch_lines`,
  `INSERT INTO orders.order_history (order_id, version, from_status, to_status, at, by, trace_id)
   SELECT id, h.version, h.before, h.after, h.at, h.by, trace FROM batch, LATERAL (
     VALUES (1, NULL, 'pending', at, user_id::text), (2, 'pending', 'confirmed', done_at, 'system')
   ) AS h (version, before, after, at, by)`,
  `INSERT INTO orders.sagas (id, name, status, state, created_at)
   SELECT id, 'place-order', 'completed', jsonb_build_object('orderId', id, 'userId', user_id,
     'lines', jsonb_build_array(jsonb_build_object('sku', sku1, 'quantity', 1), jsonb_build_object('sku', sku2, 'quantity', 2)),
     'amount', jsonb_build_object('amount', amount, 'currency', 'EUR'), 'method', 'card', 'key', null,
     'traceparent', parent), at FROM batch`,
  `INSERT INTO inventory.reservations (order_id, status, reason, expires_at, created_at, updated_at)
   SELECT id, 'committed', 'order confirmed', at + interval '15 minutes', at, done_at FROM batch`,
  `INSERT INTO inventory.reservation_lines (order_id, sku, warehouse, quantity)
   SELECT id, sku, 'main', quantity FROM batch_lines`,
  `INSERT INTO inventory.movements (id, sku, warehouse, kind, on_hand_delta, reserved_delta, reason, actor, order_id, at,
     trace_id)
   SELECT uuidv7(shift + m.after), sku, 'main', kind, on_hand, reserved, reason, 'system', id, at + m.after, trace
   FROM batch_lines, LATERAL (VALUES
     (interval '10 ms', 'reserved', 0, quantity, 'order placed'),
     (interval '60 ms', 'committed', -quantity, -quantity, 'order confirmed')
   ) AS m (after, kind, on_hand, reserved, reason)`,
  `UPDATE inventory.stock s SET on_hand = s.on_hand - sold.quantity
   FROM (SELECT sku, sum(quantity) AS quantity FROM batch_lines GROUP BY sku) AS sold
   WHERE s.sku = sold.sku AND s.warehouse = 'main'`,
  `INSERT INTO payments.payments (id, order_id, user_id, kind, amount, currency, method, status, gateway_reference,
     due_at, created_at, updated_at, trace_id)
   SELECT payment_id, id, user_id, 'workflow', amount, 'EUR', 'card', 'captured', 'ch_' || payment_id,
     at + interval '10 seconds', at, done_at, trace FROM batch`,
] as const;

const ENVELOPE = 'id, name, version, key, occurred_at, correlation_id, traceparent, payload, published_at';
const TOTAL = `jsonb_build_object('amount', amount, 'currency', 'EUR')`;
const LINES = `jsonb_build_array(
  jsonb_build_object('sku', sku1, 'warehouse', 'main', 'quantity', 1),
  jsonb_build_object('sku', sku2, 'warehouse', 'main', 'quantity', 2))`;
const itemOf = (n: 1 | 2) => `jsonb_build_object('sku', sku${n}, 'name', name${n}, 'quantity', ${n},
  'unitPrice', jsonb_build_object('amount', price${n}, 'currency', 'EUR'),
  'total', jsonb_build_object('amount', ${n} * price${n}, 'currency', 'EUR'))`;

const TAKEN_IN = 'INSERT INTO inventory.inbox (event_id, name, state, received_at)';
const NOTED = 'INSERT INTO notifications.inbox (event_id, name, state, received_at)';

/** What is told of an order: kept for a while only. */
export const EVENTS = [
  `WITH told AS (
     INSERT INTO orders.outbox (${ENVELOPE})
     SELECT uuidv7(shift + e.at - b.at), e.name, 1, b.id, e.at, trace, parent,
       jsonb_build_object('orderId', b.id, 'number', number, 'userId', user_id, 'version', e.version, 'status', e.status,
         'total', ${TOTAL}, 'items', jsonb_build_array(${itemOf(1)}, ${itemOf(2)}), 'at', e.at, 'reason', null), done_at
     FROM batch b, LATERAL (VALUES ('orders.created', 1, 'pending', b.at), ('orders.confirmed', 2, 'confirmed', b.done_at)
     ) AS e (name, version, status, at) RETURNING id, name, published_at
   ), noted AS (${NOTED} SELECT id, name, 'done', published_at FROM told)
   ${TAKEN_IN} SELECT id, name, 'done', published_at FROM told WHERE name = 'orders.confirmed'`,
  `WITH told AS (
     INSERT INTO inventory.outbox (${ENVELOPE})
     SELECT uuidv7(shift + e.after), e.name, 1, b.id, b.at + e.after, trace, parent,
       jsonb_build_object('orderId', b.id, 'lines', ${LINES}), done_at
     FROM batch b, LATERAL (VALUES ('inventory.reserved', interval '10 ms'), ('inventory.committed', interval '60 ms')
     ) AS e (name, after) RETURNING id, name, published_at
   ) ${NOTED} SELECT id, name, 'done', published_at FROM told`,
  `INSERT INTO payments.outbox (${ENVELOPE})
   SELECT uuidv7(shift + interval '30 ms'), 'payments.captured', 1, id, at + interval '30 ms', trace, parent,
     jsonb_build_object('paymentId', payment_id, 'orderId', id, 'userId', user_id, 'amount', ${TOTAL}), done_at FROM batch`,
  `WITH written AS (
     INSERT INTO notifications.notifications (id, user_id, order_id, occasion, template, type, subject, body, status,
       correlation_id, traceparent, created_at, settled_at)
     SELECT uuidv7(shift + interval '70 ms'), user_id, b.id, b.id, 'order-confirmed', type,
       'Your order ' || number || ' is confirmed', body, 'sent', trace, parent, done_at, done_at
     FROM batch b, LATERAL (VALUES
       ('email', E'Hello Buyer,\\n\\nthank you for your order ' || number || E'.\\n\\nWe tell you when it is on its way.\\n'),
       ('websocket', 'Your order ' || number || ' is confirmed')) AS by (type, body)
     RETURNING id, user_id, order_id, type, template, correlation_id, traceparent, settled_at
   )
   INSERT INTO notifications.outbox (${ENVELOPE})
   SELECT gen_random_uuid(), 'notifications.sent', 1, id, settled_at, correlation_id, traceparent,
     jsonb_build_object('notificationId', id, 'userId', user_id, 'orderId', order_id, 'type', type, 'template', template),
     settled_at FROM written WHERE type = 'email'`,
] as const;
