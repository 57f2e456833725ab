import { Controller, Inject } from '@nestjs/common';
import type { EnvelopeOf, EventEnvelope } from '../../common/messaging/contract.js';
import { On } from '../../common/messaging/handler.decorators.js';
import { InventoryEvents } from '../inventory/inventory.contract.js';
import { type OrderChange, OrderEvents, OrdersApi } from '../orders/orders.contract.js';
import { PaymentEvents } from '../payments/payments.contract.js';
import { UserEvents } from '../users/users.contract.js';
import { Intake } from './intake.service.js';
import { noticeOfOrder, noticeOfRefund, noticeOfRegistration } from './notices.js';

type OrderEvent = EventEnvelope<OrderChange>;

/** What this module hears, and what it makes of it. */
@Controller()
export class NotificationsMessageController {
  constructor(
    private readonly intake: Intake,
    @Inject(OrdersApi) private readonly orders: OrdersApi,
  ) {}

  @On(OrderEvents.created, 'notifications')
  onCreated(event: OrderEvent): Promise<void> {
    return this.order(event);
  }

  @On(OrderEvents.confirmed, 'notifications')
  onConfirmed(event: OrderEvent): Promise<void> {
    return this.order(event);
  }

  @On(OrderEvents.failed, 'notifications')
  onFailed(event: OrderEvent): Promise<void> {
    return this.order(event);
  }

  @On(OrderEvents.processing, 'notifications')
  onProcessing(event: OrderEvent): Promise<void> {
    return this.order(event);
  }

  @On(OrderEvents.shipped, 'notifications')
  onShipped(event: OrderEvent): Promise<void> {
    return this.order(event);
  }

  @On(OrderEvents.delivered, 'notifications')
  onDelivered(event: OrderEvent): Promise<void> {
    return this.order(event);
  }

  @On(OrderEvents.cancelled, 'notifications')
  onCancelled(event: OrderEvent): Promise<void> {
    return this.order(event);
  }

  @On(InventoryEvents.reserved, 'notifications')
  onReserved(event: EventEnvelope): Promise<void> {
    return this.stock(event);
  }

  @On(InventoryEvents.released, 'notifications')
  onReleased(event: EventEnvelope): Promise<void> {
    return this.stock(event);
  }

  @On(InventoryEvents.committed, 'notifications')
  onCommitted(event: EventEnvelope): Promise<void> {
    return this.stock(event);
  }

  @On(InventoryEvents.lowStock, 'notifications')
  onLowStock(event: EventEnvelope): Promise<void> {
    return this.stock(event);
  }

  @On(PaymentEvents.refunded, 'notifications')
  async onRefunded(event: EnvelopeOf<typeof PaymentEvents.refunded>): Promise<void> {
    const { orders } = await this.orders.summaries({ orderIds: [event.payload.orderId] });
    await this.intake.take({ event, notice: noticeOfRefund(event.payload, orders[0]?.number ?? null) });
  }

  @On(UserEvents.registered, 'notifications')
  onRegistered(event: EnvelopeOf<typeof UserEvents.registered>): Promise<void> {
    return this.intake.take({ event, notice: noticeOfRegistration(event.payload) });
  }

  /** Shown to its owner and to all staff. */
  private order(event: OrderEvent): Promise<void> {
    const { name, payload } = event;
    const notice = noticeOfOrder(payload);
    const push = { type: name, data: payload, userId: payload.userId, staff: true };
    return this.intake.take({ event, push, ...(notice ? { notice } : {}) });
  }

  /** Stock is the business of staff. */
  private stock(event: EventEnvelope): Promise<void> {
    return this.intake.take({
      event,
      push: { type: event.name, data: event.payload, userId: null, staff: true },
    });
  }
}
