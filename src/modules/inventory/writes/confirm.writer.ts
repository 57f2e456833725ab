import { Injectable } from '@nestjs/common';
import type { Context } from '@opentelemetry/api';
import type { OutboxEvent } from '../../../common/messaging/outbox.js';
import type { Tx } from '../../../common/persistence/unit-of-work.js';
import { type Allocation, allocate, type Line } from '../domain/allocation.js';
import { commitUnheld, type Movement, moveLines, SYSTEM } from '../domain/movement.js';
import { onConfirmed } from '../domain/reservation.js';
import { traceIdOf } from '../../../common/telemetry/work-context.js';
import { InventoryEvents } from '../inventory.contract.js';
import {
  type LockedReservation,
  type NewReservation,
  ReservationStore,
} from '../persistence/reservation-store.js';
import { StockLedger } from '../persistence/stock-ledger.js';
import { eventFrom } from './reservation.js';
import { toLevel } from './reserve.writer.js';

export interface ConfirmRequest {
  orderId: string;
  lines: readonly Line[];
  origin: Context;
}

/** What a confirmation does to one order's reservation. */
interface Effect {
  reservation: NewReservation;
  known: LockedReservation | undefined;
  /** The lines that replace those before; undefined when they stay. */
  taken?: readonly Allocation[];
  movements: Movement[];
  event: OutboxEvent;
}

const CONFIRMED = { reason: 'order confirmed', actor: SYSTEM };

/** Takes off the shelf what a batch of paid orders, each listed once, has reserved, in one transaction. */
@Injectable()
export class ConfirmWriter {
  constructor(
    private readonly store: ReservationStore,
    private readonly ledger: StockLedger,
  ) {}

  /** Throws a unique violation when overtaken. */
  async write(tx: Tx, requests: readonly ConfirmRequest[]): Promise<void> {
    if (requests.length === 0) return;
    const orderIds = requests.map(({ orderId }) => orderId);
    const ordered = new Set(requests.flatMap((request) => request.lines.map(({ sku }) => sku)));
    // In one round trip: what was reserved for an order is of the SKUs that were ordered, or else there is another one.
    const [known, lines, ofOrdered] = await Promise.all([
      this.store.lock(tx, orderIds),
      this.store.lines(tx, orderIds),
      this.ledger.lock(tx, ordered),
    ]);
    const others = [...lines.values()].flat().filter(({ sku }) => !ordered.has(sku));
    const ofOthers = await this.ledger.lock(
      tx,
      others.map(({ sku }) => sku),
    );
    const locked = [...ofOrdered, ...ofOthers];
    const held = requests.filter(({ orderId }) => onConfirmed(known.get(orderId)) === 'commit');
    const afresh = requests.filter(({ orderId }) => onConfirmed(known.get(orderId)) === 'take afresh');
    const outcomes = allocate(
      afresh.map((request) => request.lines),
      locked.map(toLevel),
    );
    const effects = [
      ...held.map((request) => commit(request, known.get(request.orderId), lines.get(request.orderId) ?? [])),
      ...afresh.map((request, index) => {
        const outcome = outcomes[index];
        const before = known.get(request.orderId);
        return outcome && 'allocations' in outcome
          ? takeAfresh(request, before, outcome.allocations)
          : lose(request, before, lines.get(request.orderId) ?? []);
      }),
    ];
    this.apply(tx, effects);
    await this.ledger.record(
      tx,
      locked,
      effects.flatMap(({ movements }) => movements),
      effects.map(({ event }) => event),
    );
  }

  private apply(tx: Tx, effects: readonly Effect[]): void {
    const made = effects.filter(({ known }) => known === undefined);
    const changed = effects.filter(({ known }) => known !== undefined);
    this.store.insert(
      tx,
      made.map(({ reservation }) => reservation),
    );
    this.store.change(
      tx,
      changed.map(({ reservation }) => reservation),
    );
    this.store.replaceLines(
      tx,
      new Map(effects.flatMap(({ reservation, taken }) => (taken ? [[reservation.orderId, taken]] : []))),
    );
  }
}

function commit(
  { orderId, origin }: ConfirmRequest,
  known: LockedReservation | undefined,
  lines: readonly Allocation[],
): Effect {
  return {
    reservation: { orderId, status: 'committed', closed: false, reason: CONFIRMED.reason, expiresAt: null },
    known,
    movements: moveLines('committed', orderId, lines, { ...CONFIRMED, traceId: traceIdOf(origin) }),
    event: eventFrom(origin, InventoryEvents.committed, { orderId, lines: [...lines] }),
  };
}

/** Nothing was held any more, but it is still there. */
function takeAfresh(
  { orderId, origin }: ConfirmRequest,
  known: LockedReservation | undefined,
  taken: Allocation[],
): Effect {
  return {
    reservation: { orderId, status: 'committed', closed: false, reason: CONFIRMED.reason, expiresAt: null },
    known,
    taken,
    movements: commitUnheld(orderId, taken, {
      ...CONFIRMED,
      reason: 'order confirmed, after its stock had been released',
      traceId: traceIdOf(origin),
    }),
    event: eventFrom(origin, InventoryEvents.committed, { orderId, lines: taken }),
  };
}

/** Paid for and gone: the order is told, and cancels itself. */
function lose(
  { orderId, origin }: ConfirmRequest,
  known: LockedReservation | undefined,
  lines: readonly Allocation[],
): Effect {
  const reason = 'the stock was given to others before the order was confirmed';
  return {
    reservation: { orderId, status: 'released', closed: true, reason, expiresAt: null },
    known,
    movements: [],
    event: eventFrom(origin, InventoryEvents.released, { orderId, lines: [...lines], reason, lost: true }),
  };
}
