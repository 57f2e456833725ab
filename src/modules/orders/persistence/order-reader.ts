import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, MoreThan, Repository } from 'typeorm';
import { z } from 'zod';
import { decodeCursor, type Page, toPage } from '../../../common/http/paging.js';
import { InstantSchema } from '../../../common/schemas.js';
import type { HistoryEntry, Order } from '../domain/order.js';
import { OrderErrors } from '../orders.errors.js';
import { type OrderFilter, type OrderKey, orderKeysQuery } from './order-keys.js';
import { OrderEntity, OrderHistoryEntity, toOrder } from './order.entities.js';

export interface HistoryFilter {
  limit: number;
  cursor?: string | undefined;
}

const Cursor = z.tuple([InstantSchema, z.uuid()]);

const HistoryCursor = z.tuple([
  z
    .int()
    .min(1)
    .max(2 ** 31 - 1),
]);

@Injectable()
export class OrderReader {
  constructor(
    @InjectRepository(OrderEntity, 'orders') private readonly orders: Repository<OrderEntity>,
    @InjectRepository(OrderHistoryEntity, 'orders') private readonly history: Repository<OrderHistoryEntity>,
  ) {}

  /** Throws ORDER.NOT_FOUND. */
  async byId(id: string): Promise<Order> {
    const row = await this.orders.findOne({ where: { id }, relations: { items: true } });
    if (!row) throw OrderErrors.NOT_FOUND();
    return toOrder(row);
  }

  async byIds(ids: string[]): Promise<OrderEntity[]> {
    return this.orders.findBy({ id: In(ids) });
  }

  /** A page of what happened to an order, from the first change on. */
  async historyOf(id: string, { limit, cursor }: HistoryFilter): Promise<Page<HistoryEntry>> {
    const [after] = cursor ? decodeCursor(cursor, HistoryCursor) : [0];
    const rows = await this.history.find({
      where: { orderId: id, version: MoreThan(after) },
      order: { version: 'ASC' },
      take: limit + 1,
    });
    return toPage(
      rows,
      limit,
      ({ version }) => [version],
      ({ version, from, to, at, by, reason, traceId }) => ({
        version,
        from,
        to,
        at: at.toISOString(),
        by,
        reason,
        traceId,
      }),
    );
  }

  /** A page of orders by their time, read by keyset: the ids first, then the orders with their items. */
  async list(filter: OrderFilter): Promise<Page<Order>> {
    const keys = await this.keysOf(filter);
    const rows = await this.orders.find({
      where: { id: In(keys.map(({ id }) => id)) },
      relations: { items: true },
    });
    const byId = new Map(rows.map((row) => [row.id, toOrder(row)]));
    const found = keys.flatMap(({ id, at }) => {
      const order = byId.get(id);
      return order ? [{ order, at }] : [];
    });
    return toPage(
      found,
      filter.limit,
      ({ order, at }) => [at, order.id],
      ({ order }) => order,
    );
  }

  private async keysOf(filter: OrderFilter): Promise<OrderKey[]> {
    const after = filter.cursor ? decodeCursor(filter.cursor, Cursor) : null;
    const { text, values } = orderKeysQuery(filter, after);
    return this.orders.query<OrderKey[]>(text, values);
  }
}
