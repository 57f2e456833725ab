import type { OrderStatus } from '../orders.contract.js';

export interface OrderFilter {
  limit: number;
  cursor?: string | undefined;
  userId?: string | undefined;
  status?: OrderStatus[] | undefined;
  createdFrom?: string | undefined;
  createdTo?: string | undefined;
  q?: string | undefined;
  sort: 'createdAt' | '-createdAt';
}

/** Microseconds, as the index has them: a cursor in milliseconds would skip or repeat rows. */
const AT = `to_char(o.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/**
 * The start of a number that few orders share. They are of one time, which PostgreSQL does not know: it would walk
 * through all newer orders in the hope to meet some soon. `OFFSET 0` keeps it from that.
 */
const FEW = /^\w+-\d{4}-\d{3}/;

export interface OrderKey {
  id: string;
  at: string;
}

/**
 * The statement that finds a page of orders and one more, by keyset. Each state is looked for by itself, by the way
 * that leads to its orders alone, and then they are merged: no way leads to several in the order of their time.
 */
export function orderKeysQuery(
  filter: OrderFilter,
  after: readonly [at: string, id: string] | null,
): { text: string; values: unknown[] } {
  const values: unknown[] = [];
  const value = (each: unknown) => `$${values.push(each)}`;
  const ascending = filter.sort === 'createdAt';
  const where: string[] = ['true'];
  if (filter.userId) where.push(`o.user_id = ${value(filter.userId)}::uuid`);
  if (filter.createdFrom) where.push(`o.created_at >= ${value(filter.createdFrom)}::timestamptz`);
  if (filter.createdTo) where.push(`o.created_at < ${value(filter.createdTo)}::timestamptz`);
  const numbered = filter.q ? `starts_with(o.number, ${value(filter.q.toUpperCase())}::text)` : 'true';
  const among = FEW.test(filter.q ?? '') ? `(SELECT * FROM orders o WHERE ${numbered} OFFSET 0)` : 'orders';
  if (among === 'orders') where.push(numbered);
  if (after) {
    const [at, id] = after;
    where.push(
      `(o.created_at, o.id) ${ascending ? '>' : '<'} (${value(at)}::timestamptz, ${value(id)}::uuid)`,
    );
  }
  const limit = `LIMIT ${value(filter.limit + 1)}`;
  const order = `created_at ${ascending ? 'ASC' : 'DESC'}, id ${ascending ? 'ASC' : 'DESC'}`;
  const pageOf = (more: string[]) =>
    `(SELECT o.id, o.created_at, ${AT} AS at FROM ${among} o WHERE ${[...where, ...more].join(' AND ')}
      ORDER BY ${order.replaceAll(/created_at|id/g, 'o.$&')} ${limit})`;
  const pages = filter.status
    ? [...new Set(filter.status)].map((status) => pageOf(waysTo(status, value)))
    : [pageOf([])];
  const text = `SELECT id, at FROM (${pages.join(' UNION ALL ')}) AS found ORDER BY ${order} ${limit}`;
  return { text, values };
}

/** See the migration OrderStages: there is an index of `listed_as`, and none of the state itself. */
function waysTo(status: OrderStatus, value: (each: unknown) => string): string[] {
  if (status === 'pending')
    return [
      "o.status = 'pending'",
      "o.id IN (SELECT s.id FROM sagas s WHERE s.status IN ('running', 'compensating'))",
    ];
  if (status === 'confirmed') return ["o.listed_as = 'open'", "o.status = 'confirmed'"];
  return [`o.listed_as = ${value(status)}`];
}
