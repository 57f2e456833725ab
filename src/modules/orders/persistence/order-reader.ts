import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, MoreThan, Repository } from 'typeorm';
import { z } from 'zod';
import { decodeCursor, type Page, toPage } from '../../../common/http/paging.js';
import { GroupCommit } from '../../../common/persistence/group-commit.js';
import { array, prepared, UnitOfWork } from '../../../common/persistence/unit-of-work.js';
import { InstantSchema } from '../../../common/schemas.js';
import type { HistoryEntry, Order } from '../domain/order.js';
import type { OrderStatus } from '../orders.contract.js';
import { OrderErrors } from '../orders.errors.js';
import { OrderEntity, OrderHistoryEntity, type OrderRow, toOrder } from './order.entities.js';

export interface HistoryFilter {
  limit: number;
  cursor?: string | undefined;
}

export interface OrderFilter {
  limit: number;
  cursor?: string | undefined;
  userId?: string | undefined;
  status?: OrderStatus[] | undefined;
  createdFrom?: string | undefined;
  createdTo?: string | undefined;
  q?: string | undefined;
  sort: 'createdAt' | '-createdAt';
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
  FROM orders o WHERE id = ANY (${array('$1', 'uuid')}::uuid[])`);

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

  private async keysOf(filter: OrderFilter): Promise<{ id: string; at: string }[]> {
    const ascending = filter.sort === 'createdAt';
    const direction = ascending ? 'ASC' : 'DESC';
    const query = this.orders
      .createQueryBuilder('o')
      .select('o.id', 'id')
      // Microseconds, as the index has them: a cursor in milliseconds would skip or repeat rows.
      .addSelect(`to_char(o.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`, 'at')
      .orderBy('o.created_at', direction)
      .addOrderBy('o.id', direction)
      .limit(filter.limit + 1);
    if (filter.userId) query.andWhere('o.user_id = :userId', { userId: filter.userId });
    if (filter.status) query.andWhere('o.status IN (:...status)', { status: filter.status });
    if (filter.createdFrom) query.andWhere('o.created_at >= :from', { from: filter.createdFrom });
    if (filter.createdTo) query.andWhere('o.created_at < :to', { to: filter.createdTo });
    if (filter.q) query.andWhere('starts_with(o.number, :q)', { q: filter.q.toUpperCase() });
    if (filter.cursor) {
      const [at, id] = decodeCursor(filter.cursor, Cursor);
      query.andWhere(`(o.created_at, o.id) ${ascending ? '>' : '<'} (:at::timestamptz, :id::uuid)`, {
        at,
        id,
      });
    }
    return query.getRawMany<{ id: string; at: string }>();
  }
}
