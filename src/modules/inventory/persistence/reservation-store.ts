import { Injectable } from '@nestjs/common';
import { array, arrays, prepared, type Sql, type Tx } from '../../../common/persistence/unit-of-work.js';
import type { Allocation } from '../domain/allocation.js';
import type { ReservationState, ReservationStatus } from '../domain/reservation.js';

/** The state that a reservation goes into. */
export interface ReservationChange extends ReservationState {
  orderId: string;
  /** Why it is as it is; of a refused one, what was short. */
  reason: string;
}

export interface NewReservation extends ReservationChange {
  /** Null where nothing is held, so that nothing expires. */
  expiresAt: Date | null;
}

export interface KeptReservation extends ReservationChange {
  expiresAt: Date;
}

export interface LockedReservation extends KeptReservation {
  /** Its time is over. */
  due: boolean;
}

export type LinesByOrder = ReadonlyMap<string, readonly Allocation[]>;

interface Row {
  order_id: string;
  status: ReservationStatus;
  closed: boolean;
  reason: string;
  expires_at: Date;
}

const COLUMNS = 'order_id, status, closed, reason, expires_at';
const ORDERS = array('$1', 'uuid');

const FIND = prepared(
  `SELECT now() AS now, r.order_id, r.status, r.closed, r.reason, r.expires_at FROM (VALUES (1)) AS one LEFT JOIN reservations r ON r.order_id = ANY (${ORDERS})`,
);
const LOCK = prepared(
  `SELECT ${COLUMNS}, coalesce(expires_at <= now(), false) AS due
   FROM reservations WHERE order_id = ANY (${ORDERS}) ORDER BY order_id FOR UPDATE`,
);
const LINES = prepared(
  `SELECT order_id, sku, warehouse, quantity FROM reservation_lines WHERE order_id = ANY (${ORDERS})
   ORDER BY order_id, sku, warehouse`,
);
const INSERT = prepared(
  `WITH made AS (
     INSERT INTO reservations (${COLUMNS})
     SELECT order_id, status, closed, reason, coalesce(expires_at, now())
     FROM unnest(${arrays(1, 'uuid', 'text', 'boolean', 'text', 'timestamptz')}) AS g (${COLUMNS}))
   INSERT INTO reservation_lines (order_id, sku, warehouse, quantity)
   SELECT * FROM unnest(${arrays(6, 'uuid', 'text', 'text', 'int')})`,
);
const CHANGE = prepared(
  `UPDATE reservations r SET status = g.status, closed = g.closed, reason = g.reason, updated_at = now()
   FROM unnest(${arrays(1, 'uuid', 'text', 'boolean', 'text')}) AS g (order_id, status, closed, reason)
   WHERE r.order_id = ANY (${ORDERS}) AND r.order_id = g.order_id`,
);

@Injectable()
export class ReservationStore {
  /** What is known of these orders, not locked, and the database's time. */
  async find(
    sql: Sql,
    orderIds: readonly string[],
  ): Promise<{ known: Map<string, KeptReservation>; now: Date }> {
    const rows = await sql.rows<Row & { now: Date }>(FIND, [orderIds]);
    const kept = rows.filter((row) => row.order_id !== null);
    return {
      known: new Map(kept.map((row) => [row.order_id, toKept(row)])),
      now: rows[0]?.now ?? new Date(0),
    };
  }

  /** What is known of these orders, locked until the transaction ends. */
  async lock(tx: Tx, orderIds: readonly string[]): Promise<Map<string, LockedReservation>> {
    const rows = await tx.rows<Row & { due: boolean }>(LOCK, [orderIds]);
    return new Map(rows.map((row) => [row.order_id, { ...toKept(row), due: row.due }]));
  }

  /** Where the stock of these orders is or was taken from. */
  async lines(tx: Tx, orderIds: readonly string[]): Promise<Map<string, Allocation[]>> {
    if (orderIds.length === 0) return new Map();
    const rows = await tx.rows<Allocation & { order_id: string }>(LINES, [orderIds]);
    const lines = new Map<string, Allocation[]>();
    for (const { order_id, ...line } of rows) lines.set(order_id, [...(lines.get(order_id) ?? []), line]);
    return lines;
  }

  /** The transaction fails with a unique violation when somebody else was first. */
  insert(tx: Tx, reservations: readonly NewReservation[], lines: LinesByOrder = new Map()): void {
    if (reservations.length === 0) return;
    tx.send(INSERT, [
      ...columns(reservations),
      reservations.map((each) => each.expiresAt),
      ...lineColumns(lines),
    ]);
  }

  /** For reservations that the transaction has locked. */
  change(tx: Tx, changes: readonly ReservationChange[]): void {
    if (changes.length > 0) tx.send(CHANGE, columns(changes));
  }

  /** Puts these lines in the place of what the orders had before. */
  replaceLines(tx: Tx, lines: LinesByOrder): void {
    if (lines.size === 0) return;
    tx.send('DELETE FROM reservation_lines WHERE order_id = ANY($1::uuid[])', [[...lines.keys()]]);
    tx.send(
      `INSERT INTO reservation_lines (order_id, sku, warehouse, quantity)
       SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[])`,
      lineColumns(lines),
    );
  }

  /** Held reservations whose time is over. */
  async due(sql: Sql, limit: number): Promise<string[]> {
    const rows = await sql.rows<{ order_id: string }>(
      `SELECT order_id FROM reservations WHERE status = 'held' AND expires_at <= now() ORDER BY expires_at LIMIT $1`,
      [limit],
    );
    return rows.map((row) => row.order_id);
  }

  /** Gives held reservations that are due another `seconds`. Leaves out those that somebody is working on. */
  async extend(sql: Sql, orderIds: readonly string[], seconds: number): Promise<void> {
    if (orderIds.length === 0) return;
    await sql.rows(
      `UPDATE reservations SET expires_at = now() + make_interval(secs => $2), updated_at = now()
       WHERE order_id IN (SELECT order_id FROM reservations WHERE order_id = ANY($1::uuid[]) AND status = 'held'
                            AND expires_at <= now() ORDER BY order_id FOR UPDATE SKIP LOCKED)`,
      [orderIds, seconds],
    );
  }
}

function toKept({ order_id, status, closed, reason, expires_at }: Row): KeptReservation {
  return { orderId: order_id, status, closed, reason, expiresAt: expires_at };
}

function lineColumns(lines: LinesByOrder): unknown[] {
  const flat = [...lines].flatMap(([orderId, parts]) => parts.map((part) => ({ orderId, ...part })));
  return [
    flat.map((each) => each.orderId),
    flat.map((each) => each.sku),
    flat.map((each) => each.warehouse),
    flat.map((each) => each.quantity),
  ];
}

function columns(changes: readonly ReservationChange[]): unknown[] {
  return [
    changes.map((each) => each.orderId),
    changes.map((each) => each.status),
    changes.map((each) => each.closed),
    changes.map((each) => each.reason),
  ];
}
