import { Injectable } from '@nestjs/common';
import { Config } from '../../../common/config/config.js';
import { failpoint } from '../../../common/failpoint.js';
import type { KeyedRequest } from '../../../common/idempotency/idempotency-keys.js';
import { EventPump } from '../../../common/messaging/event-pump.js';
import { type OutboxEvent, outboxInsert } from '../../../common/messaging/outbox.js';
import { GroupCommit } from '../../../common/persistence/group-commit.js';
import { prepared, UnitOfWork } from '../../../common/persistence/unit-of-work.js';
import type { SagaRun } from '../../../common/saga/saga.js';
import type { Changed } from '../domain/order.js';
import type { PlaceOrder } from '../place-order.state.js';

export interface NewOrderWrite extends Changed {
  request: KeyedRequest | null;
  saga: PlaceOrder;
  event: OutboxEvent;
}

/**
 * Everything of many new orders in one statement: keys, orders, items, history, sagas, events. An order whose
 * idempotency key is taken is left out whole, and is missing from the answer.
 */
const INSERT = prepared(`
  WITH input AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS i (
      id uuid, number text, user_id uuid, total_amount bigint, currency text, shipping_address jsonb, note text,
      created_at timestamptz, by text, trace_id text, saga jsonb, scope text, key text, hash text)
  ), keys AS (
    INSERT INTO idempotency_keys (scope, key, request_hash, resource_id)
    SELECT scope, key, hash, id FROM input WHERE key IS NOT NULL
    ON CONFLICT (scope, key) DO NOTHING RETURNING resource_id AS id
  ), fresh AS (
    SELECT * FROM input WHERE key IS NULL OR id IN (SELECT id FROM keys)
  ), written AS (
    INSERT INTO orders (id, number, user_id, status, version, total_amount, currency, shipping_address, note,
                        created_at, updated_at)
    SELECT id, number, user_id, 'pending', 1, total_amount, currency, shipping_address, note, created_at, created_at
    FROM fresh RETURNING id
  ), items AS (
    INSERT INTO order_items (order_id, line, sku, name, quantity, unit_amount)
    SELECT l.order_id, l.line, l.sku, l.name, l.quantity, l.unit_amount
    FROM jsonb_to_recordset($2::jsonb) AS l (
      order_id uuid, line int, sku text, name text, quantity int, unit_amount bigint)
    WHERE l.order_id IN (SELECT id FROM fresh)
  ), history AS (
    INSERT INTO order_history (order_id, version, from_status, to_status, at, by, reason, trace_id)
    SELECT id, 1, NULL, 'pending', created_at, by, NULL, trace_id FROM fresh
  ), started AS (
    INSERT INTO sagas (id, name, state, wake_at)
    SELECT id, 'place-order', saga, now() + make_interval(secs => $4) FROM fresh
  ), events AS (
    ${outboxInsert('$3', 'SELECT id FROM fresh')}
  )
  SELECT id FROM written`);

/** Writes new orders as pending, each with the saga that will settle it. */
@Injectable()
export class NewOrders {
  private readonly writes: GroupCommit<NewOrderWrite, SagaRun<PlaceOrder> | null>;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly config: Config,
    private readonly pump: EventPump,
  ) {
    this.writes = new GroupCommit((batch) => this.insert(batch), { name: 'orders.create', module: 'orders' });
  }

  /** The first claim on the order's saga, or null when its idempotency key is taken. */
  write(order: NewOrderWrite): Promise<SagaRun<PlaceOrder> | null> {
    return this.writes.submit(order);
  }

  private async insert(batch: NewOrderWrite[]): Promise<(SagaRun<PlaceOrder> | null)[]> {
    failpoint('orders.create.before');
    const rows = await this.uow.rows<{ id: string }>(INSERT, [
      JSON.stringify(batch.map(orderRow)),
      JSON.stringify(batch.flatMap(itemRows)),
      this.pump.parameter(batch.map(({ event }) => event)),
      this.config.sagaLeaseSeconds,
    ]);
    failpoint('orders.create.after');
    const written = new Set(rows.map((row) => row.id));
    this.pump.handOn(batch.filter(({ order }) => written.has(order.id)).map(({ event }) => event));
    return batch.map(({ order, saga }) =>
      written.has(order.id) ? firstClaim(order.id, { ...saga, order }) : null,
    );
  }
}

function firstClaim(id: string, state: PlaceOrder): SagaRun<PlaceOrder> {
  return { id, fence: 1, status: 'running', state, failure: null, attempt: 1, ageSeconds: 0 };
}

function orderRow({ order, entry, request, saga }: NewOrderWrite) {
  return {
    id: order.id,
    number: order.number,
    user_id: order.userId,
    total_amount: order.total.amount,
    currency: order.total.currency,
    shipping_address: order.shippingAddress,
    note: order.note,
    created_at: order.createdAt,
    by: entry.by,
    trace_id: entry.traceId,
    saga,
    scope: request?.scope ?? null,
    key: request?.key ?? null,
    hash: request?.hash ?? null,
  };
}

function itemRows({ order }: NewOrderWrite) {
  return order.items.map((item, line) => ({
    order_id: order.id,
    line,
    sku: item.sku,
    name: item.name,
    quantity: item.quantity,
    unit_amount: item.unitPrice.amount,
  }));
}
