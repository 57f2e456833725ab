import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Config } from '../../common/config/config.js';
import { UnitOfWork } from '../../common/persistence/unit-of-work.js';
import { Poller } from '../../common/poller.js';
import { OrdersApi } from '../orders/orders.contract.js';
import { onExpiry } from './domain/reservation.js';
import { ReservationStore } from './persistence/reservation-store.js';
import { ReservationsService } from './reservations.service.js';

const PAGE = 200;

/**
 * Ends reservations whose time is over, but never under a living order: its payment may be under way, and the
 * workflow settles it. While orders cannot be asked, everything stays held.
 */
@Injectable()
export class ExpiryService implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly poller: Poller;

  constructor(
    private readonly config: Config,
    private readonly uow: UnitOfWork,
    private readonly store: ReservationStore,
    private readonly reservations: ReservationsService,
    @Inject(OrdersApi) private readonly orders: OrdersApi,
  ) {
    this.poller = new Poller({
      name: 'expiry of reservations',
      module: 'inventory',
      intervalMs: 1000,
      task: () => this.expire(),
    });
  }

  onApplicationBootstrap(): void {
    this.poller.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.poller.stop();
  }

  /** One page of what is due. Gives how many. */
  private async expire(): Promise<number> {
    const due = await this.store.due(this.uow, PAGE);
    if (due.length === 0) return 0;
    const { orders } = await this.orders.summaries({ orderIds: due });
    const statuses = new Map(orders.map(({ orderId, status }) => [orderId.toLowerCase(), status]));
    const alive = due.filter((orderId) => onExpiry(statuses.get(orderId)) === 'keep');
    await this.store.extend(this.uow, alive, this.config.reservationSeconds);
    const over = due.filter((orderId) => onExpiry(statuses.get(orderId)) === 'release');
    await Promise.all(over.map((orderId) => this.reservations.expire(orderId, statuses.has(orderId))));
    return due.length;
  }
}
