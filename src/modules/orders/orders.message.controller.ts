import { Controller } from '@nestjs/common';
import type { EnvelopeOf, HandlersOf, InputOf, OutputOf } from '../../common/messaging/contract.js';
import { Handles, On } from '../../common/messaging/handler.decorators.js';
import { InventoryEvents } from '../inventory/inventory.contract.js';
import { PaymentEvents } from '../payments/payments.contract.js';
import { OrderReactions } from './order-reactions.service.js';
import { OrdersApi } from './orders.contract.js';

@Controller()
export class OrdersMessageController implements HandlersOf<typeof OrdersApi> {
  constructor(private readonly reactions: OrderReactions) {}

  @Handles(OrdersApi.calls.summaries)
  summaries(
    input: InputOf<typeof OrdersApi.calls.summaries>,
  ): Promise<OutputOf<typeof OrdersApi.calls.summaries>> {
    return this.reactions.summaries(input.orderIds);
  }

  @On(InventoryEvents.released, 'orders')
  onReleased(event: EnvelopeOf<typeof InventoryEvents.released>): Promise<void> {
    return this.reactions.stockReleased(event);
  }

  @On(PaymentEvents.refunded, 'orders')
  onRefunded(event: EnvelopeOf<typeof PaymentEvents.refunded>): Promise<void> {
    return this.reactions.paymentRefunded(event);
  }
}
