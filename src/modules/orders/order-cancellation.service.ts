import { Injectable, Logger } from '@nestjs/common';
import { failpoint } from '../../common/failpoint.js';
import { IdempotencyKeys } from '../../common/idempotency/idempotency-keys.js';
import type { EventEnvelope } from '../../common/messaging/contract.js';
import { EventPump } from '../../common/messaging/event-pump.js';
import { Inbox } from '../../common/messaging/inbox.js';
import { newEvent } from '../../common/messaging/outbox.js';
import { type Tx, UnitOfWork } from '../../common/persistence/unit-of-work.js';
import type { SagaRun } from '../../common/saga/saga.js';
import { SagaRunner } from '../../common/saga/saga-runner.js';
import { SagaStore } from '../../common/saga/saga-store.js';
import {
  type Change,
  moveTo,
  type Order,
  type OrderEdits,
  requireVersion,
  toChange,
} from './domain/order.js';
import { mayMove } from './domain/order-status.js';
import { OrderEvents } from './orders.contract.js';
import { OrderErrors } from './orders.errors.js';
import { OrderRows } from './persistence/order-rows.js';
import type { PlaceOrder } from './place-order.state.js';

/**
 * Cancels orders: the order is cancelled at once, and its workflow turned back in the same transaction. What it
 * holds is given back by the workflow's undos, now or, when a dependency is away, by the sweeper.
 */
@Injectable()
export class OrderCancellation {
  private readonly log = new Logger('Orders');

  constructor(
    private readonly uow: UnitOfWork,
    private readonly rows: OrderRows,
    private readonly sagas: SagaStore,
    private readonly runner: SagaRunner<PlaceOrder>,
    private readonly keys: IdempotencyKeys,
    private readonly inbox: Inbox,
    private readonly pump: EventPump,
  ) {}

  /** With edits: both or neither. Throws ORDER.ILLEGAL_TRANSITION, ORDER.VERSION_MISMATCH, ORDER.NOT_FOUND. */
  async cancel(id: string, change: Change, version: number | null, edits: OrderEdits = {}): Promise<void> {
    const run = await this.uow.run(async (tx) => {
      const order = await this.rows.lock(tx, id);
      requireVersion(order, version);
      return this.write(tx, { ...order, ...edits }, change);
    });
    await this.giveBack(run);
  }

  /** Cancels an order whose stock turned out to be gone, once for the event that told so. */
  async cancelOnce(event: EventEnvelope, id: string, change: Change): Promise<void> {
    const run = await this.uow.run(async (tx) => {
      const [fresh] = await this.inbox.claim(tx, [event]);
      if (!fresh) return null;
      const order = await this.rows.lock(tx, id);
      if (mayMove(order.status, 'cancelled', change.actor)) return this.write(tx, order, change);
      if (order.status !== 'cancelled') {
        this.log.error({ order_id: id }, `The stock of an order is gone, and it is ${order.status} already`);
      }
      return null;
    });
    await this.giveBack(run);
  }

  private async write(tx: Tx, order: Order, change: Change): Promise<SagaRun<PlaceOrder> | null> {
    const changed = moveTo(order, 'cancelled', change);
    await this.rows.write(
      tx,
      changed,
      newEvent(OrderEvents.cancelled, toChange(changed.order, change.reason)),
    );
    const failure = OrderErrors.CANCELLED(change.reason ?? undefined).toWire();
    const run = await this.sagas.turnBack<PlaceOrder>(tx, order.id, failure);
    if (order.status === 'pending' && run?.state.key) {
      await this.keys.keep(tx, run.state.key, { status: failure.status, body: failure });
    }
    return run;
  }

  private async giveBack(run: SagaRun<PlaceOrder> | null): Promise<void> {
    failpoint('orders.cancelled');
    this.pump.kick();
    if (run) await this.runner.run(run);
  }
}
