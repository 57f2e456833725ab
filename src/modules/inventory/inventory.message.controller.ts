import { Controller } from '@nestjs/common';
import { Config } from '../../common/config/config.js';
import type { EnvelopeOf, HandlersOf, InputOf, OutputOf } from '../../common/messaging/contract.js';
import { Handles, On } from '../../common/messaging/handler.decorators.js';
import { OrderEvents } from '../orders/orders.contract.js';
import { InventoryApi } from './inventory.contract.js';
import { ReservationsService } from './reservations.service.js';

type Calls = typeof InventoryApi.calls;

@Controller()
export class InventoryMessageController implements HandlersOf<typeof InventoryApi> {
  constructor(
    private readonly reservations: ReservationsService,
    private readonly config: Config,
  ) {}

  @Handles(InventoryApi.calls.reserve)
  async reserve({
    orderId,
    lines,
    ttlSeconds = this.config.reservationSeconds,
  }: InputOf<Calls['reserve']>): Promise<OutputOf<Calls['reserve']>> {
    const { expiresAt, allocations } = await this.reservations.reserve(orderId, lines, ttlSeconds);
    return { orderId, expiresAt: expiresAt.toISOString(), allocations: [...allocations] };
  }

  @Handles(InventoryApi.calls.release)
  async release({ orderId, reason }: InputOf<Calls['release']>): Promise<OutputOf<Calls['release']>> {
    await this.reservations.release(orderId, reason);
    return { orderId };
  }

  @On(OrderEvents.confirmed, 'inventory')
  onConfirmed(event: EnvelopeOf<typeof OrderEvents.confirmed>): Promise<void> {
    return this.reservations.confirm(event);
  }

  /** The workflow has released already; this is for the case that it could not. */
  @On(OrderEvents.failed, 'inventory')
  onFailed(event: EnvelopeOf<typeof OrderEvents.failed>): Promise<void> {
    return this.reservations.release(event.payload.orderId, 'order failed', event);
  }

  @On(OrderEvents.cancelled, 'inventory')
  onCancelled(event: EnvelopeOf<typeof OrderEvents.cancelled>): Promise<void> {
    return this.reservations.release(event.payload.orderId, 'order cancelled', event);
  }
}
