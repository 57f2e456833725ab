-- An order as Waybill writes it, two lines, in bare SQL: the same rows in the same tables, one statement for each
-- durable step of the workflow (docs/performance.md). `steps.spec.ts` compares the rows with those of a real order.
\set n1 random(0, 9999)
\set n2 random(0, 9999)
\set buyer random(0, 999)

-- The order as pending: its lines, its history, the saga that will settle it, its first event.
WITH who AS (
  SELECT id, md5(random()::text) AS trace FROM users.users WHERE email = 'buyer' || :buyer::text || '@bench.test'
), lines AS (
  SELECT row_number() OVER () - 1 AS line, p.sku, p.name, l.quantity, p.price_amount
  FROM (VALUES ('BENCH-' || lpad(:n1::text, 5, '0'), 1), ('BENCH-' || lpad(:n2::text, 5, '0'), 2)) AS l (sku, quantity)
  JOIN catalog.products p ON p.sku = l.sku
), total AS (
  SELECT sum(quantity * price_amount) AS amount FROM lines
), described AS (
  SELECT jsonb_agg(jsonb_build_object('sku', sku, 'name', name, 'quantity', quantity,
    'unitPrice', jsonb_build_object('amount', price_amount, 'currency', 'EUR'),
    'total', jsonb_build_object('amount', quantity * price_amount, 'currency', 'EUR'))) AS items FROM lines
), fresh AS (
  INSERT INTO orders.orders (id, number, user_id, status, version, total_amount, currency, shipping_address, created_at, updated_at)
  SELECT new.id, 'WB-' || right(new.id::text, 12), who.id, 'pending', 1, amount, 'EUR',
    '{"name": "B. Buyer", "line1": "Teststraße 1", "line2": null, "city": "Berlin", "postalCode": "10115", "country": "DE"}',
    now(), now()
  FROM who, total, (SELECT uuidv7() AS id) AS new
  RETURNING id, number, user_id, total_amount, created_at
), items AS (
  INSERT INTO orders.order_items (order_id, line, sku, name, quantity, unit_amount)
  SELECT fresh.id, line, sku, name, quantity, price_amount FROM fresh, lines
), history AS (
  INSERT INTO orders.order_history (order_id, version, to_status, at, by, trace_id)
  SELECT fresh.id, 1, 'pending', now(), user_id::text, trace FROM fresh, who
), saga AS (
  INSERT INTO orders.sagas (id, name, state, wake_at)
  SELECT fresh.id, 'place-order', jsonb_build_object('orderId', fresh.id, 'userId', user_id,
    'lines', (SELECT jsonb_agg(jsonb_build_object('sku', sku, 'quantity', quantity)) FROM lines),
    'amount', jsonb_build_object('amount', total_amount, 'currency', 'EUR'), 'method', 'card', 'token', 'tok_visa',
    'key', null, 'traceparent', '00-' || trace || '-' || left(trace, 16) || '-01'), now() + interval '10 seconds'
  FROM fresh, who
), events AS (
  INSERT INTO orders.outbox (id, name, version, key, occurred_at, correlation_id, traceparent, payload)
  SELECT uuidv7(), 'orders.created', 1, fresh.id, now(), trace, '00-' || trace || '-' || left(trace, 16) || '-01',
    jsonb_build_object('orderId', fresh.id, 'number', number, 'userId', user_id, 'version', 1, 'status', 'pending',
      'total', jsonb_build_object('amount', total_amount, 'currency', 'EUR'), 'items', items, 'at', now(), 'reason', null)
  FROM fresh, who, described
)
SELECT fresh.id AS order_id, number AS order_number, user_id AS user_id, total_amount AS amount, trace AS trace,
  '00-' || trace || '-' || left(trace, 16) || '-01' AS parent, items AS items
FROM fresh, who, described \gset

-- Stock is held: the shelves in the order of their SKU, the reservation, the movements, the event.
WITH wanted AS (
  SELECT 'BENCH-' || lpad(n::text, 5, '0') AS sku, sum(q)::int AS quantity
  FROM (VALUES (:n1::int, 1), (:n2::int, 2)) AS l (n, q) GROUP BY 1
), locked AS (
  SELECT s.sku, s.warehouse, w.quantity FROM inventory.stock s JOIN wanted w ON w.sku = s.sku
  WHERE s.on_hand - s.reserved >= w.quantity ORDER BY s.sku FOR UPDATE OF s
), taken AS (
  UPDATE inventory.stock s SET reserved = s.reserved + l.quantity FROM locked l
  WHERE s.sku = l.sku AND s.warehouse = l.warehouse RETURNING s.sku, s.warehouse, l.quantity
), made AS (
  INSERT INTO inventory.reservations (order_id, status, reason, expires_at)
  VALUES (:order_id::uuid, 'held', 'order placed', now() + interval '15 minutes')
), lines AS (
  INSERT INTO inventory.reservation_lines (order_id, sku, warehouse, quantity)
  SELECT :order_id::uuid, sku, warehouse, quantity FROM taken
), logged AS (
  INSERT INTO inventory.movements (id, sku, warehouse, kind, on_hand_delta, reserved_delta, reason, actor, order_id, trace_id)
  SELECT uuidv7(), sku, warehouse, 'reserved', 0, quantity, 'order placed', 'system', :order_id::uuid, :trace::text FROM taken
)
INSERT INTO inventory.outbox (id, name, version, key, occurred_at, correlation_id, traceparent, payload)
SELECT uuidv7(), 'inventory.reserved', 1, :order_id::text, now(), :trace::text, :parent::text, jsonb_build_object('orderId', :order_id::uuid,
  'lines', (SELECT jsonb_agg(jsonb_build_object('sku', sku, 'warehouse', warehouse, 'quantity', quantity)) FROM taken),
  'expiresAt', now() + interval '15 minutes');

-- The attempt, before the gateway hears of it.
INSERT INTO payments.payments (id, order_id, user_id, kind, amount, currency, method, status, due_at, trace_id)
VALUES (uuidv7(), :order_id::uuid, :user_id::uuid, 'workflow', :amount::bigint, 'EUR', 'card', 'pending', now() + interval '10 seconds', :trace::text)
RETURNING id AS payment_id \gset

-- What the gateway said.
WITH paid AS (
  UPDATE payments.payments SET status = 'captured', gateway_reference = 'ch_' || id, updated_at = now()
  WHERE id = :payment_id::uuid AND status = 'pending' RETURNING id
)
INSERT INTO payments.outbox (id, name, version, key, occurred_at, correlation_id, traceparent, payload)
SELECT uuidv7(), 'payments.captured', 1, :order_id::text, now(), :trace::text, :parent::text, jsonb_build_object('paymentId', id,
  'orderId', :order_id::uuid, 'userId', :user_id::uuid, 'amount', jsonb_build_object('amount', :amount::bigint, 'currency', 'EUR')) FROM paid;

-- The order is confirmed.
WITH won AS (
  UPDATE orders.sagas SET status = 'completed', state = state - 'token', wake_at = NULL
  WHERE id = :order_id::uuid AND fence = 1 AND status = 'running' RETURNING id
), ended AS (
  UPDATE orders.orders o SET status = 'confirmed', version = 2, updated_at = now(), payment_id = :payment_id::uuid,
    payment_status = 'captured'
  FROM won WHERE o.id = won.id AND o.version = 1 RETURNING o.id
), history AS (
  INSERT INTO orders.order_history (order_id, version, from_status, to_status, at, by, trace_id)
  SELECT id, 2, 'pending', 'confirmed', now(), 'system', :trace::text FROM ended
)
INSERT INTO orders.outbox (id, name, version, key, occurred_at, correlation_id, traceparent, payload)
SELECT uuidv7(), 'orders.confirmed', 1, id, now(), :trace::text, :parent::text, jsonb_build_object('orderId', id,
  'number', :order_number::text, 'userId', :user_id::uuid, 'version', 2, 'status', 'confirmed',
  'total', jsonb_build_object('amount', :amount::bigint, 'currency', 'EUR'), 'items', :items::jsonb, 'at', now(), 'reason', null)
FROM ended;

-- Inventory takes in that it is confirmed: the reservation is committed.
WITH seen AS (
  INSERT INTO inventory.inbox (event_id, name, state)
  SELECT id, name, 'done' FROM orders.outbox WHERE key = :order_id::text AND name = 'orders.confirmed' AND published_at IS NULL
), done AS (
  UPDATE inventory.reservations SET status = 'committed', reason = 'order confirmed', updated_at = now()
  WHERE order_id = :order_id::uuid AND status = 'held' RETURNING order_id
), locked AS (
  SELECT s.sku, s.warehouse, l.quantity FROM done JOIN inventory.reservation_lines l ON l.order_id = done.order_id
  JOIN inventory.stock s ON s.sku = l.sku AND s.warehouse = l.warehouse ORDER BY s.sku FOR UPDATE OF s
), taken AS (
  UPDATE inventory.stock s SET on_hand = s.on_hand - l.quantity, reserved = s.reserved - l.quantity FROM locked l
  WHERE s.sku = l.sku AND s.warehouse = l.warehouse RETURNING s.sku, s.warehouse, l.quantity
), logged AS (
  INSERT INTO inventory.movements (id, sku, warehouse, kind, on_hand_delta, reserved_delta, reason, actor, order_id, trace_id)
  SELECT uuidv7(), sku, warehouse, 'committed', -quantity, -quantity, 'order confirmed', 'system', :order_id::uuid, :trace::text FROM taken
)
INSERT INTO inventory.outbox (id, name, version, key, occurred_at, correlation_id, traceparent, payload)
SELECT uuidv7(), 'inventory.committed', 1, :order_id::text, now(), :trace::text, :parent::text, jsonb_build_object('orderId', :order_id::uuid,
  'lines', (SELECT jsonb_agg(jsonb_build_object('sku', sku, 'warehouse', warehouse, 'quantity', quantity)) FROM taken));

-- Notifications take in all four events of the order, and write to the customer.
WITH seen AS (
  INSERT INTO notifications.inbox (event_id, name, state)
  SELECT id, name, 'done' FROM orders.outbox WHERE key = :order_id::text AND published_at IS NULL
  UNION ALL SELECT id, name, 'done' FROM inventory.outbox WHERE key = :order_id::text AND published_at IS NULL
), written AS (
  INSERT INTO notifications.notifications (id, user_id, order_id, occasion, template, type, subject, body, status,
    correlation_id, traceparent, settled_at)
  SELECT uuidv7(), :user_id::uuid, :order_id::uuid, :order_id::uuid, 'order-confirmed', type, 'Your order ' || :order_number::text || ' is confirmed',
    body, 'sent', :trace::text, :parent::text, now()
  FROM (VALUES ('email', E'Hello Buyer,\n\nthank you for your order ' || :order_number::text || E'.\n\n1 × Thing   7.00 EUR\n2 × Thing   18.00 EUR\n\nTotal: 25.00 EUR\n\nWe tell you when it is on its way.\n'),
    ('websocket', 'Your order ' || :order_number::text || ' is confirmed: 25.00 EUR')) AS by (type, body)
  RETURNING id, type
)
INSERT INTO notifications.outbox (id, name, version, key, occurred_at, correlation_id, traceparent, payload)
SELECT uuidv7(), 'notifications.sent', 1, id, now(), :trace::text, :parent::text, jsonb_build_object('notificationId', id,
  'userId', :user_id::uuid, 'orderId', :order_id::uuid, 'type', type, 'template', 'order-confirmed')
FROM written WHERE type = 'email' RETURNING key AS notification_id \gset

-- All six events are handed on.
WITH o AS (UPDATE orders.outbox SET published_at = now() WHERE key = :order_id::text AND published_at IS NULL),
  i AS (UPDATE inventory.outbox SET published_at = now() WHERE key = :order_id::text AND published_at IS NULL),
  p AS (UPDATE payments.outbox SET published_at = now() WHERE key = :order_id::text AND published_at IS NULL)
UPDATE notifications.outbox SET published_at = now() WHERE key = :notification_id::text AND published_at IS NULL;
