import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../common/persistence/unit-of-work.js';
import { GaugePoll, shown } from '../../common/telemetry/gauge-poll.js';
import { type OrderStatus, OrderStatusSchema } from './orders.contract.js';
import { ordersByStatus } from './orders.metrics.js';
import { countByStatus } from './persistence/order-tallies.js';

/** How many orders there are in each state, those without any included. */
@Injectable()
export class OrderGauges extends GaugePoll<Map<OrderStatus, number>> {
  constructor(uow: UnitOfWork) {
    super({
      name: 'gauges of orders',
      module: 'orders',
      read: () => countByStatus(uow),
      gauges: [
        shown(ordersByStatus, (counts) =>
          OrderStatusSchema.options.map((status) => [{ status }, counts.get(status) ?? 0] as const),
        ),
      ],
    });
  }
}
