import { FALLEN, invariant, STANDING } from './invariant.js';

export const STOCK_INVARIANTS = [
  invariant(
    'I4',
    'on hand ≥ reserved ≥ 0 everywhere',
    'SELECT sku, warehouse, on_hand, reserved FROM inventory.stock WHERE reserved < 0 OR on_hand < reserved',
  ),
  invariant(
    'I5',
    'conservation: on hand is the sum of all movements, reserved the sum of what is held',
    `SELECT s.sku, s.warehouse, s.on_hand, s.reserved, m.on_hand AS moved_on_hand, m.reserved AS moved_reserved, h.held
     FROM inventory.stock s
     LEFT JOIN (SELECT sku, warehouse, sum(on_hand_delta) AS on_hand, sum(reserved_delta) AS reserved
                FROM inventory.movements GROUP BY 1, 2) AS m USING (sku, warehouse)
     LEFT JOIN (SELECT l.sku, l.warehouse, sum(l.quantity) AS held FROM inventory.reservation_lines l
                JOIN inventory.reservations r ON r.order_id = l.order_id WHERE r.status = 'held' GROUP BY 1, 2) AS h
       USING (sku, warehouse)
     WHERE s.on_hand <> coalesce(m.on_hand, 0) OR s.reserved <> coalesce(m.reserved, 0)
        OR s.reserved <> coalesce(h.held, 0)`,
  ),
  invariant(
    'I6',
    "a confirmed order's reservation is committed, line by line",
    `SELECT o.id AS order_id, o.status, r.status AS reservation
     FROM orders.orders o LEFT JOIN inventory.reservations r ON r.order_id = o.id
     WHERE o.status IN ${STANDING} AND r.status IS DISTINCT FROM 'committed'`,
    `WITH standing AS (SELECT id AS order_id FROM orders.orders WHERE status IN ${STANDING}),
       wanted AS (SELECT order_id, sku, sum(quantity) AS wanted FROM orders.order_items JOIN standing USING (order_id)
                  GROUP BY 1, 2),
       kept AS (SELECT order_id, sku, sum(quantity) AS reserved FROM inventory.reservation_lines
                JOIN standing USING (order_id) GROUP BY 1, 2),
       moved AS (SELECT order_id, sku, -sum(on_hand_delta) AS taken FROM inventory.movements
                 JOIN standing USING (order_id) GROUP BY 1, 2)
     SELECT * FROM wanted FULL JOIN kept USING (order_id, sku) FULL JOIN moved USING (order_id, sku)
     WHERE wanted IS DISTINCT FROM reserved OR wanted IS DISTINCT FROM taken`,
  ),
  invariant(
    'I7',
    'a failed or cancelled order holds nothing',
    `SELECT o.id AS order_id, o.status, r.status AS reservation
     FROM orders.orders o JOIN inventory.reservations r ON r.order_id = o.id
     WHERE o.status IN ${FALLEN} AND r.status IN ('held', 'committed')`,
    `SELECT m.order_id, m.sku, m.warehouse, sum(m.on_hand_delta) AS on_hand, sum(m.reserved_delta) AS reserved
     FROM inventory.movements m JOIN orders.orders o ON o.id = m.order_id WHERE o.status IN ${FALLEN}
     GROUP BY 1, 2, 3 HAVING sum(m.on_hand_delta) <> 0 OR sum(m.reserved_delta) <> 0`,
  ),
  invariant(
    'I8',
    'one movement per order, SKU, warehouse and kind',
    `SELECT order_id, sku, warehouse, kind, count(*)::int AS movements FROM inventory.movements
     WHERE order_id IS NOT NULL GROUP BY 1, 2, 3, 4 HAVING count(*) > 1`,
  ),
] as const;
