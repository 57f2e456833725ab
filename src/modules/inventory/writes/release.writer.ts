import { Injectable } from '@nestjs/common';
import type { Context } from '@opentelemetry/api';
import type { Tx } from '../../../common/persistence/unit-of-work.js';
import type { Allocation } from '../domain/allocation.js';
import { type Cause, moveLines } from '../domain/movement.js';
import { onRelease, type ReservationStatus } from '../domain/reservation.js';
import { InventoryEvents } from '../inventory.contract.js';
import { type LockedReservation, ReservationStore } from '../persistence/reservation-store.js';
import { StockLedger } from '../persistence/stock-ledger.js';
import { eventFrom, type Reservation } from './reservation.js';

export interface ReleaseRequest {
  orderId: string;
  cause: Cause;
  origin: Context;
  /** The order itself gives it up: a confirmation that comes late must not take stock afresh. */
  final: boolean;
  /** Leave it alone unless its time is over. */
  onlyIfDue: boolean;
}

interface Step {
  request: ReleaseRequest;
  known: LockedReservation | undefined;
  action: ReturnType<typeof onRelease>;
  status: ReservationStatus;
  lines: readonly Allocation[];
}

/** Gives back what a batch of orders holds, each listed once, in one transaction. */
@Injectable()
export class ReleaseWriter {
  constructor(
    private readonly store: ReservationStore,
    private readonly ledger: StockLedger,
  ) {}

  /** One result per request, in their order. Throws a unique violation when overtaken. */
  async write(tx: Tx, requests: readonly ReleaseRequest[]): Promise<Reservation[]> {
    const orderIds = requests.map(({ orderId }) => orderId);
    const [known, lines] = await Promise.all([this.store.lock(tx, orderIds), this.store.lines(tx, orderIds)]);
    const steps = requests.map((request) =>
      plan(request, known.get(request.orderId), lines.get(request.orderId) ?? []),
    );
    const givenBack = steps.filter(({ action }) => action === 'free' || action === 'restock');
    const locked = await this.ledger.lock(
      tx,
      givenBack.flatMap((step) => step.lines.map(({ sku }) => sku)),
    );
    this.store.insert(tx, steps.filter(({ action }) => action === 'bar').map(changed));
    this.store.change(tx, steps.filter(changes).map(changed));
    await this.ledger.record(
      tx,
      locked,
      givenBack.flatMap(({ request: { orderId, cause }, action, lines }) =>
        moveLines(action === 'restock' ? 'restocked' : 'released', orderId, lines, cause),
      ),
      givenBack.map(({ request: { orderId, cause, origin }, lines }) =>
        eventFrom(origin, InventoryEvents.released, {
          orderId,
          lines: [...lines],
          reason: cause.reason,
          lost: false,
        }),
      ),
    );
    return steps.map(({ request: { orderId }, known, status, lines }) => ({
      orderId,
      status,
      expiresAt: known?.expiresAt ?? null,
      allocations: lines,
    }));
  }
}

function plan(
  request: ReleaseRequest,
  known: LockedReservation | undefined,
  lines: readonly Allocation[],
): Step {
  const spared = request.onlyIfDue && !(known?.status === 'held' && known.due);
  const action = spared ? 'nothing' : onRelease(known);
  return { request, known, action, status: statusAfter(action, known), lines };
}

function statusAfter(action: Step['action'], known: LockedReservation | undefined): ReservationStatus {
  if (action === 'restock') return 'restocked';
  return action === 'nothing' && known ? known.status : 'released';
}

/** Does the row that is there change? */
function changes({ request, known, action }: Step): boolean {
  if (action === 'free' || action === 'restock') return true;
  return action === 'nothing' && request.final && known !== undefined && !known.closed && !request.onlyIfDue;
}

function changed({ request, known, action, status }: Step) {
  return {
    orderId: request.orderId,
    status,
    closed: request.final || (known?.closed ?? false),
    // A refusal keeps saying what was short.
    reason: action === 'nothing' && known ? known.reason : request.cause.reason,
    expiresAt: null,
  };
}
