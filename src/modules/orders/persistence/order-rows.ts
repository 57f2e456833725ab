import { Injectable } from '@nestjs/common';
import { appendEvents, type OutboxEvent } from '../../../common/messaging/outbox.js';
import type { Tx } from '../../../common/persistence/unit-of-work.js';
import type { Changed, Order } from '../domain/order.js';
import { OrderErrors } from '../orders.errors.js';
import { OrderEntity, OrderHistoryEntity, toOrder } from './order.entities.js';

/** Changes of a single order, within a transaction. */
@Injectable()
export class OrderRows {
  /** Reads an order and holds its row until the transaction ends. Throws ORDER.NOT_FOUND. */
  async lock(tx: Tx, id: string): Promise<Order> {
    const locked = await tx.manager.findOne(OrderEntity, {
      where: { id },
      lock: { mode: 'pessimistic_write' },
    });
    if (!locked) throw OrderErrors.NOT_FOUND();
    const row = await tx.manager.findOneOrFail(OrderEntity, { where: { id }, relations: { items: true } });
    return toOrder(row);
  }

  /** Writes a change of a locked order with its history, and the event that tells of it. */
  async write(tx: Tx, { order, entry }: Changed, event: OutboxEvent | null): Promise<void> {
    const { status, version, shippingAddress, note, failure } = order;
    await tx.manager.update(
      OrderEntity,
      { id: order.id },
      {
        status,
        version,
        shippingAddress,
        note,
        failure: failure as never,
        updatedAt: new Date(order.updatedAt),
      },
    );
    await tx.manager.insert(OrderHistoryEntity, {
      orderId: order.id,
      version: entry.version,
      from: entry.from,
      to: entry.to,
      at: new Date(entry.at),
      by: entry.by,
      reason: entry.reason,
      traceId: entry.traceId,
    });
    if (event) await appendEvents(tx, [event]);
  }
}
