import { Controller } from '@nestjs/common';
import type { EnvelopeOf, HandlersOf, InputOf, OutputOf } from '../../common/messaging/contract.js';
import { Handles, On } from '../../common/messaging/handler.decorators.js';
import { OrderEvents } from '../orders/orders.contract.js';
import { OrderEnds } from './order-ends.service.js';
import { PaymentsApi } from './payments.contract.js';
import { PaymentsService } from './payments.service.js';

@Controller()
export class PaymentsMessageController implements HandlersOf<typeof PaymentsApi> {
  constructor(
    private readonly payments: PaymentsService,
    private readonly orderEnds: OrderEnds,
  ) {}

  @Handles(PaymentsApi.calls.charge)
  charge(
    input: InputOf<typeof PaymentsApi.calls.charge>,
  ): Promise<OutputOf<typeof PaymentsApi.calls.charge>> {
    return this.payments.charge(input);
  }

  @Handles(PaymentsApi.calls.cancel)
  cancel(
    input: InputOf<typeof PaymentsApi.calls.cancel>,
  ): Promise<OutputOf<typeof PaymentsApi.calls.cancel>> {
    return this.payments.cancel(input);
  }

  @On(OrderEvents.cancelled, 'payments')
  onCancelled(event: EnvelopeOf<typeof OrderEvents.cancelled>): Promise<void> {
    return this.orderEnds.close(event);
  }

  @On(OrderEvents.failed, 'payments')
  onFailed(event: EnvelopeOf<typeof OrderEvents.failed>): Promise<void> {
    return this.orderEnds.close(event);
  }
}
