import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import type { EnvelopeOf, EventEnvelope } from '../../common/messaging/contract.js';
import { Inbox } from '../../common/messaging/inbox.js';
import { GroupCommit } from '../../common/persistence/group-commit.js';
import { UnitOfWork } from '../../common/persistence/unit-of-work.js';
import { currentTraceId } from '../../common/telemetry/work-context.js';
import type { InventoryEvents } from '../inventory/inventory.contract.js';
import type { PaymentEvents } from '../payments/payments.contract.js';
import { OrderCancellation } from './order-cancellation.service.js';
import { OrderReader } from './persistence/order-reader.js';

/** How orders answer other modules, and what they make of other modules' events. */
@Injectable()
export class OrderReactions {
  /** Events that change nothing here still get their inbox row. */
  private readonly seen: GroupCommit<EventEnvelope, undefined>;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly inbox: Inbox,
    private readonly reader: OrderReader,
    private readonly cancellation: OrderCancellation,
    private readonly clock: Clock,
  ) {
    this.seen = new GroupCommit(
      async (events) => {
        await this.uow.run((tx) => this.inbox.claim(tx, events));
        return events.map(() => undefined);
      },
      { name: 'orders.see', module: 'orders' },
    );
  }

  async summaries(orderIds: string[]) {
    const rows = await this.reader.byIds(orderIds);
    const orders = rows.map(({ id, userId, number, status, totalAmount, currency }) => ({
      orderId: id,
      userId,
      number,
      status,
      total: { amount: totalAmount, currency },
    }));
    return { orders };
  }

  /** A confirmed order whose reservation was lost cannot be shipped: it is cancelled, and the money goes back. */
  async stockReleased(event: EnvelopeOf<typeof InventoryEvents.released>): Promise<void> {
    const { lost, orderId, reason } = event.payload;
    if (!lost) return this.seen.submit(event);
    const at = this.clock.now().toISOString();
    await this.cancellation.cancelOnce(event, orderId, {
      actor: 'system',
      by: 'system',
      at,
      reason,
      traceId: currentTraceId(),
    });
  }

  /** Shows on the order what became of its payment. Refunds may arrive out of order: a full one stays full. */
  async paymentRefunded(event: EnvelopeOf<typeof PaymentEvents.refunded>): Promise<void> {
    const { orderId, paymentId, refunded, captured } = event.payload;
    const status = refunded.amount >= captured.amount ? 'refunded' : 'partially_refunded';
    await this.uow.run(async (tx) => {
      const [fresh] = await this.inbox.claim(tx, [event]);
      if (!fresh) return;
      await tx.rows(
        `UPDATE orders SET payment_status = $3
         WHERE id = $1 AND payment_id = $2 AND payment_status IS DISTINCT FROM 'refunded'`,
        [orderId, paymentId, status],
      );
    });
  }
}
