import { Injectable } from '@nestjs/common';
import { newId } from '../../../common/ids.js';
import { EventPump } from '../../../common/messaging/event-pump.js';
import { newEvent, type OutboxEvent, outboxInsert } from '../../../common/messaging/outbox.js';
import { arrays, array, prepared, type Tx } from '../../../common/persistence/unit-of-work.js';
import type { Movement } from '../domain/movement.js';
import { InventoryEvents } from '../inventory.contract.js';

/** The stock of one thing in one warehouse, locked by the transaction that read it. */
export interface StockRow {
  sku: string;
  warehouse: string;
  on_hand: number;
  reserved: number;
  threshold: number;
}

interface Crossing {
  sku: string;
  low: boolean;
  available: number;
  threshold: number;
}

/** Always all warehouses of a SKU, always in this order: no two transactions wait for each other. */
const LOCK = prepared(`
  SELECT s.sku, s.warehouse, s.on_hand, s.reserved, i.low_stock_threshold AS threshold
  FROM stock s JOIN stock_items i ON i.sku = s.sku
  WHERE s.sku = ANY (${array('$1', 'text')}) ORDER BY s.sku, s.warehouse FOR UPDATE OF s`);

const RECORD = prepared(`
  WITH moved AS (
    UPDATE stock s SET on_hand = s.on_hand + d.on_hand, reserved = s.reserved + d.reserved
    FROM unnest(${arrays(1, 'text', 'text', 'int', 'int')}) AS d (sku, warehouse, on_hand, reserved)
    WHERE s.sku = ANY (${array('$1', 'text')}) AND s.sku = d.sku AND s.warehouse = d.warehouse
  ), logged AS (
    INSERT INTO movements (id, sku, warehouse, kind, on_hand_delta, reserved_delta, reason, actor, order_id,
      trace_id)
    SELECT * FROM unnest(${arrays(5, 'uuid', 'text', 'text', 'text', 'int', 'int', 'text', 'text', 'uuid', 'text')})
  )
  ${outboxInsert('$15')}`);

/** Exact, since whoever changes a SKU holds its stock rows; once a crossing, since the flag has to change. */
const CROSS = `
  WITH level AS (SELECT sku, sum(on_hand - reserved) AS available FROM stock WHERE sku = ANY($1::text[]) GROUP BY sku)
  UPDATE stock_items i SET low = l.available <= i.low_stock_threshold
  FROM level l WHERE l.sku = i.sku AND i.low <> (l.available <= i.low_stock_threshold)
  RETURNING i.sku, i.low, l.available::float8 AS available, i.low_stock_threshold AS threshold`;

/** The only writer of stock: what changes it is written down beside, in one statement, so that the sums agree. */
@Injectable()
export class StockLedger {
  private readonly changed = new WeakMap<Tx, Set<string>>();
  private readonly told = new WeakMap<Tx, OutboxEvent[]>();

  constructor(private readonly pump: EventPump) {}

  /** The SKUs of which a transaction has changed how many are available. */
  changedIn(tx: Tx): ReadonlySet<string> {
    return this.changed.get(tx) ?? new Set();
  }

  /** The events that a transaction has written, for `handOn`: among them one for each reservation that it changed. */
  toldIn(tx: Tx): readonly OutboxEvent[] {
    return this.told.get(tx) ?? [];
  }

  /** What the transaction has written is taken back with a savepoint. */
  takeBack(tx: Tx): void {
    this.told.delete(tx);
  }

  /** Locks everything that is there of these SKUs, until the transaction ends. */
  lock(tx: Tx, skus: Iterable<string>): Promise<StockRow[]> {
    const unique = [...new Set(skus)];
    return unique.length === 0 ? Promise.resolve([]) : tx.rows<StockRow>(LOCK, [unique]);
  }

  /** Makes movements on locked stock and writes events beside them, the alerts of items that ran low included. */
  async record(
    tx: Tx,
    locked: readonly StockRow[],
    movements: readonly Movement[],
    events: readonly OutboxEvent[],
  ): Promise<void> {
    if (movements.length === 0 && events.length === 0) return;
    this.noteChanges(tx, movements);
    this.tell(tx, events);
    const shelves = new Set(locked.map(({ sku, warehouse }) => `${sku} ${warehouse}`));
    const sums = sumByShelf(movements);
    if (![...sums.keys()].every((shelf) => shelves.has(shelf)))
      throw new Error('A movement names a warehouse that has no such stock');
    const deltas = [...sums.values()];
    tx.send(RECORD, [
      deltas.map((each) => each.sku),
      deltas.map((each) => each.warehouse),
      deltas.map((each) => each.onHandDelta),
      deltas.map((each) => each.reservedDelta),
      movements.map(() => newId()),
      movements.map((each) => each.sku),
      movements.map((each) => each.warehouse),
      movements.map((each) => each.kind),
      movements.map((each) => each.onHandDelta),
      movements.map((each) => each.reservedDelta),
      movements.map((each) => each.reason),
      movements.map((each) => each.actor),
      movements.map((each) => each.orderId),
      movements.map((each) => each.traceId),
      this.pump.parameter(events),
    ]);
    await this.watch(tx, nearThreshold(locked, movements));
  }

  private noteChanges(tx: Tx, movements: readonly Movement[]): void {
    const changed = new Set(this.changed.get(tx));
    // To take off the shelf what was reserved changes nothing for others.
    for (const { sku, onHandDelta, reservedDelta } of movements)
      if (onHandDelta !== reservedDelta) changed.add(sku);
    this.changed.set(tx, changed);
  }

  private tell(tx: Tx, events: readonly OutboxEvent[]): void {
    this.told.set(tx, [...this.toldIn(tx), ...events]);
  }

  private async watch(tx: Tx, skus: readonly string[]): Promise<void> {
    if (skus.length === 0) return;
    const crossings = await tx.rows<Crossing>(CROSS, [skus]);
    const alerts = crossings
      .filter(({ low }) => low)
      .map(({ sku, available, threshold }) =>
        newEvent(InventoryEvents.lowStock, { sku, available, threshold }),
      );
    if (alerts.length === 0) return;
    this.tell(tx, alerts);
    await tx.rows(outboxInsert('$1'), [this.pump.parameter(alerts)]);
  }
}

type Delta = Pick<Movement, 'sku' | 'warehouse' | 'onHandDelta' | 'reservedDelta'>;

function sumByShelf(movements: readonly Movement[]): Map<string, Delta> {
  const sums = new Map<string, Delta>();
  for (const { sku, warehouse, onHandDelta, reservedDelta } of movements) {
    const shelf = `${sku} ${warehouse}`;
    const sum = sums.get(shelf) ?? { sku, warehouse, onHandDelta: 0, reservedDelta: 0 };
    sum.onHandDelta += onHandDelta;
    sum.reservedDelta += reservedDelta;
    sums.set(shelf, sum);
  }
  return sums;
}

/**
 * The SKUs that may have crossed their threshold: saves a statement for all the others. A warehouse that was
 * added since the lock was taken is missing here, which can only name a SKU too many.
 */
function nearThreshold(locked: readonly StockRow[], movements: readonly Movement[]): string[] {
  const changes = new Map<string, number>();
  for (const { sku, onHandDelta, reservedDelta } of movements) {
    changes.set(sku, (changes.get(sku) ?? 0) + onHandDelta - reservedDelta);
  }
  const before = new Map<string, { available: number; threshold: number }>();
  for (const { sku, on_hand, reserved, threshold } of locked) {
    before.set(sku, { available: (before.get(sku)?.available ?? 0) + on_hand - reserved, threshold });
  }
  return [...changes]
    .filter(([sku, change]) => {
      const { available, threshold } = before.get(sku) ?? { available: 0, threshold: 0 };
      return change !== 0 && Math.min(available, available + change) <= threshold;
    })
    .map(([sku]) => sku);
}
