import type { Sql } from '../../../common/persistence/unit-of-work.js';
import type { OrderStatus } from '../orders.contract.js';

/** Rows of tallies from which on it pays to fold them. */
const FOLD_FROM = 200;

/**
 * Reads the sums, and puts them in the place of many rows. Sums and rows are of one moment. Two that fold at once
 * take each row once: who comes second finds those of the first gone, and sums up what it saw before.
 */
const COUNT = `
  WITH folded AS (
    DELETE FROM order_tallies WHERE (SELECT count(*) FROM order_tallies) >= ${FOLD_FROM} RETURNING status, orders
  ), kept AS (
    INSERT INTO order_tallies (status, orders)
    SELECT status, sum(orders) FROM folded GROUP BY status HAVING sum(orders) <> 0
  )
  SELECT status, sum(orders)::float8 AS count FROM order_tallies GROUP BY status`;

/** How many orders there are in each state, exactly, at a cost that does not depend on it. */
export async function countByStatus(sql: Sql): Promise<Map<OrderStatus, number>> {
  const rows = await sql.rows<{ status: OrderStatus; count: number }>(COUNT);
  return new Map(rows.map(({ status, count }) => [status, count]));
}
