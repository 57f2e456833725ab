import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import type { Page } from '../../common/http/paging.js';
import { EventPump } from '../../common/messaging/event-pump.js';
import { newEvent } from '../../common/messaging/outbox.js';
import { UnitOfWork } from '../../common/persistence/unit-of-work.js';
import { AuthErrors } from '../../common/security/auth.errors.js';
import { isStaff, type Principal } from '../../common/security/principal.js';
import { currentTraceId } from '../../common/telemetry/work-context.js';
import {
  type Change,
  type Changed,
  type HistoryEntry,
  edit,
  moveTo,
  type Order,
  type OrderEdits,
  requireVersion,
  toChange,
} from './domain/order.js';
import { type Actor, isEditable } from './domain/order-status.js';
import { OrderCancellation } from './order-cancellation.service.js';
import { OrderEvents, type OrderStatus } from './orders.contract.js';
import { OrderErrors } from './orders.errors.js';
import type { UpdateOrderBody } from './orders.schemas.js';
import type { OrderFilter } from './persistence/order-keys.js';
import { type HistoryFilter, OrderReader } from './persistence/order-reader.js';
import { OrderRows } from './persistence/order-rows.js';

/** What people do with orders once they are placed. Another user's order is not found. */
@Injectable()
export class OrdersService {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly reader: OrderReader,
    private readonly rows: OrderRows,
    private readonly cancellation: OrderCancellation,
    private readonly pump: EventPump,
    private readonly clock: Clock,
  ) {}

  async get(user: Principal, id: string): Promise<Order> {
    const order = await this.reader.byId(id);
    if (!isStaff(user) && order.userId !== user.userId) throw OrderErrors.NOT_FOUND();
    return order;
  }

  async list(user: Principal, filter: OrderFilter): Promise<Page<Order>> {
    return this.reader.list(isStaff(user) ? filter : { ...filter, userId: user.userId });
  }

  async history(user: Principal, id: string, filter: HistoryFilter): Promise<Page<HistoryEntry>> {
    await this.get(user, id);
    return this.reader.historyOf(id, filter);
  }

  /** Moves an order along (staff), or changes its address and note (its owner, while that is possible). */
  async update(user: Principal, id: string, body: UpdateOrderBody, version: number | null): Promise<Order> {
    const actor: Actor = isStaff(user) ? 'staff' : 'owner';
    if (actor === 'owner' && body.status !== undefined) {
      await this.get(user, id);
      throw AuthErrors.FORBIDDEN('Only staff move an order along; to cancel it, DELETE it');
    }
    if (body.status !== 'cancelled') return this.change(user, id, body, actor, version);
    return this.cancel(user, id, actor, body.reason ?? null, version, editsOf(body));
  }

  async cancel(
    user: Principal,
    id: string,
    actor: Actor,
    reason: string | null,
    version: number | null,
    edits: OrderEdits = {},
  ): Promise<Order> {
    await this.get(user, id);
    await this.cancellation.cancel(id, this.changeBy(user, actor, reason), version, edits);
    return this.reader.byId(id);
  }

  private async change(
    user: Principal,
    id: string,
    body: UpdateOrderBody,
    actor: Actor,
    version: number | null,
  ): Promise<Order> {
    const order = await this.uow.run(async (tx) => {
      const order = await this.rows.lock(tx, id);
      if (actor === 'owner' && order.userId !== user.userId) throw OrderErrors.NOT_FOUND();
      requireVersion(order, version);
      const changed = this.apply(order, body, this.changeBy(user, actor, body.reason ?? null));
      await this.rows.write(tx, changed, body.status === undefined ? null : eventOf(body.status, changed));
      return changed.order;
    });
    this.pump.kick();
    return order;
  }

  private apply(order: Order, body: UpdateOrderBody, change: Change): Changed {
    const edits = editsOf(body);
    if (change.actor === 'owner' && !isEditable(order.status)) throw OrderErrors.NOT_EDITABLE();
    if (body.status === undefined)
      return edit(order, edits, { ...change, reason: change.reason ?? 'edited' });
    return moveTo({ ...order, ...edits }, body.status, change);
  }

  private changeBy(user: Principal, actor: Actor, reason: string | null): Change {
    return { actor, by: user.userId, at: this.clock.now().toISOString(), reason, traceId: currentTraceId() };
  }
}

function editsOf({ shippingAddress, note }: UpdateOrderBody): OrderEdits {
  return {
    ...(shippingAddress === undefined ? {} : { shippingAddress }),
    ...(note === undefined ? {} : { note }),
  };
}

function eventOf(status: OrderStatus, { order, entry }: Changed) {
  if (status === 'pending') throw new RangeError('no order becomes pending');
  return newEvent(OrderEvents[status], toChange(order, entry.reason));
}
