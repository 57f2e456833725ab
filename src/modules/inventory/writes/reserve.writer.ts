import { Injectable } from '@nestjs/common';
import type { Context } from '@opentelemetry/api';
import { DomainError } from '../../../common/errors/domain-error.js';
import type { Tx } from '../../../common/persistence/unit-of-work.js';
import {
  type Allocation,
  allocate,
  type Line,
  makeUp,
  type Outcome,
  type Shortage,
} from '../domain/allocation.js';
import { type Cause, moveLines } from '../domain/movement.js';
import { onReserve } from '../domain/reservation.js';
import { InventoryEvents } from '../inventory.contract.js';
import { InventoryErrors } from '../inventory.errors.js';
import {
  type KeptReservation,
  type NewReservation,
  ReservationStore,
} from '../persistence/reservation-store.js';
import { StockLedger, type StockRow } from '../persistence/stock-ledger.js';
import { eventFrom, type Reservation } from './reservation.js';

export interface ReserveRequest {
  orderId: string;
  lines: readonly Line[];
  ttlSeconds: number;
  cause: Cause;
  origin: Context;
  /** Keep a refusal, so that the order gets the same answer for ever? */
  rememberRefusal: boolean;
}

/** A reservation that stands. */
export interface Reserved extends Reservation {
  expiresAt: Date;
}

type Result = Reserved | DomainError;

/** Reserves for a batch of orders, each listed once, in one transaction. */
@Injectable()
export class ReserveWriter {
  constructor(
    private readonly store: ReservationStore,
    private readonly ledger: StockLedger,
  ) {}

  /** One result per request, in their order. Throws a unique violation when overtaken. */
  async write(tx: Tx, requests: readonly ReserveRequest[]): Promise<Result[]> {
    // In one round trip: rows are locked for as long as the round trips take.
    const [{ known, now }, locked] = await Promise.all([
      this.store.find(
        tx,
        requests.map(({ orderId }) => orderId),
      ),
      this.ledger.lock(
        tx,
        requests.flatMap(({ lines }) => lines.map(({ sku }) => sku)),
      ),
    ]);
    const results = await this.answerKnown(tx, [...known.values()]);
    const fresh = requests.filter(({ orderId }) => !known.has(orderId));
    for (const [orderId, result] of await this.take(tx, fresh, locked, now)) results.set(orderId, result);
    return requests.map(({ orderId, lines }) => {
      const result = results.get(orderId) ?? InventoryErrors.RESERVATION_CLOSED();
      if (result instanceof DomainError || makeUp(result.allocations, lines)) return result;
      // Somebody else, by hand, has reserved other things for it: to call those its own would sell what is not held.
      return InventoryErrors.RESERVATION_DIFFERS();
    });
  }

  /** What was reserved is told again, what was refused is refused again. */
  private async answerKnown(tx: Tx, known: readonly KeptReservation[]): Promise<Map<string, Result>> {
    const standing = known.filter((each) => onReserve(each) === 'answer again').map(({ orderId }) => orderId);
    const lines = await this.store.lines(tx, standing);
    return new Map(
      known.map((kept): [string, Result] => {
        const { orderId, status, expiresAt, reason } = kept;
        switch (onReserve(kept)) {
          case 'answer again':
            return [orderId, { orderId, status, expiresAt, allocations: lines.get(orderId) ?? [] }];
          case 'refuse again':
            return [orderId, InventoryErrors.OUT_OF_STOCK(reason)];
          default:
            return [
              orderId,
              InventoryErrors.RESERVATION_CLOSED(`The stock of order ${orderId} was ${status}: ${reason}`),
            ];
        }
      }),
    );
  }

  private async take(
    tx: Tx,
    requests: readonly ReserveRequest[],
    locked: readonly StockRow[],
    now: Date,
  ): Promise<Map<string, Result>> {
    const outcomes = allocate(
      requests.map(({ lines }) => lines),
      locked.map(toLevel),
    );
    const decided = requests.map((request, index) => decide(request, outcomes[index] as Outcome, now));
    const reserved = decided.filter((each) => each.allocations.length > 0);
    this.store.insert(
      tx,
      decided.filter((each) => each.keep).map((each) => each.reservation),
      new Map(reserved.map((each) => [each.reservation.orderId, each.allocations])),
    );
    await this.ledger.record(
      tx,
      locked,
      reserved.flatMap(({ reservation, allocations, request }) =>
        moveLines('reserved', reservation.orderId, allocations, request.cause),
      ),
      reserved.map(({ reservation: { orderId }, allocations, expiresAt, request }) =>
        eventFrom(request.origin, InventoryEvents.reserved, {
          orderId,
          lines: allocations,
          expiresAt: expiresAt.toISOString(),
        }),
      ),
    );
    return new Map(decided.map(({ reservation, result }) => [reservation.orderId, result]));
  }
}

interface Decision {
  request: ReserveRequest;
  reservation: NewReservation;
  allocations: Allocation[];
  expiresAt: Date;
  keep: boolean;
  result: Result;
}

function decide(request: ReserveRequest, outcome: Outcome, now: Date): Decision {
  const { orderId, ttlSeconds, cause, rememberRefusal } = request;
  const expiresAt = new Date(now.getTime() + ttlSeconds * 1000);
  if ('shortage' in outcome) {
    const reason = describe(outcome.shortage);
    return {
      request,
      reservation: { orderId, status: 'refused', closed: false, reason, expiresAt: null },
      allocations: [],
      expiresAt,
      keep: rememberRefusal,
      result: InventoryErrors.OUT_OF_STOCK(reason),
    };
  }
  const { allocations } = outcome;
  return {
    request,
    reservation: { orderId, status: 'held', closed: false, reason: cause.reason, expiresAt },
    allocations,
    expiresAt,
    keep: true,
    result: { orderId, status: 'held', expiresAt, allocations },
  };
}

function describe({ sku, wanted, available }: Shortage): string {
  return `${sku}: ${wanted} wanted, ${available} available`;
}

export function toLevel({ sku, warehouse, on_hand, reserved }: StockRow) {
  return { sku, warehouse, available: on_hand - reserved };
}
