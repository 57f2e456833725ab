import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, MoreThan, Repository } from 'typeorm';
import { z } from 'zod';
import { decodeCursor, type Page, toPage } from '../../../common/http/paging.js';
import { GroupCommit } from '../../../common/persistence/group-commit.js';
import { array, prepared, UnitOfWork } from '../../../common/persistence/unit-of-work.js';
import { InstantSchema } from '../../../common/schemas.js';
import type { HistoryEntry, Order } from '../domain/order.js';
import { OrderErrors } from '../orders.errors.js';
import { type OrderFilter, type OrderKey, orderKeysQuery } from './order-keys.js';
import { OrderEntity, OrderHistoryEntity, type OrderRow, toOrder } from './order.entities.js';

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

const BY_ID = prepared(`
  SELECT id, number, user_id AS "userId", status, version, total_amount::float8 AS "totalAmount", currency,
    shipping_address AS "shippingAddress", note, payment_id AS "paymentId", payment_status AS "paymentStatus", failure,
    created_at AS "createdAt", updated_at AS "updatedAt",
    (SELECT json_agg(json_build_object('line', line, 'sku', sku, 'name', name, 'quantity', quantity,
       'unitAmount', unit_amount)) FROM order_items WHERE order_id = o.id) AS items
  FROM orders o WHERE id = ANY (${array('$1', 'uuid')})`);

@Injectable()
export class OrderReader {
  /** Single orders for all who ask at once, each read after it was asked for. */
  private readonly reads: GroupCommit<string, Order | null>;

  constructor(
    uow: UnitOfWork,
    @InjectRepository(OrderEntity, 'orders') private readonly orders: Repository<OrderEntity>,
    @InjectRepository(OrderHistoryEntity, 'orders') private readonly history: Repository<OrderHistoryEntity>,
  ) {
    const read = async (ids: string[]) => {
      const rows = await uow.rows<OrderRow>(BY_ID, [ids]);
      const byId = new Map(rows.map((row) => [row.id, row]));
      return ids.map((id) => {
        const row = byId.get(id.toLowerCase());
        return row ? toOrder(row) : null;
      });
    };
    this.reads = new GroupCommit(read, { name: 'orders.read', module: 'orders', lanes: 2 });
  }

  /** Throws ORDER.NOT_FOUND. */
  async byId(id: string): Promise<Order> {
    const order = await this.reads.submit(id);
    if (!order) throw OrderErrors.NOT_FOUND();
    return order;
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
