import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { OutcomeUnknown } from '../../common/errors/common.errors.js';
import { DomainError, type WireError } from '../../common/errors/domain-error.js';
import {
  IdempotencyKeys,
  type KeptAnswer,
  type KeyedRequest,
  requestHash,
} from '../../common/idempotency/idempotency-keys.js';
import { newId } from '../../common/ids.js';
import { newEvent } from '../../common/messaging/outbox.js';
import { UnitOfWork } from '../../common/persistence/unit-of-work.js';
import type { SagaOutcome, SagaRun } from '../../common/saga/saga.js';
import { SagaRunner } from '../../common/saga/saga-runner.js';
import type { Principal } from '../../common/security/principal.js';
import { currentTraceId, currentTraceparent, tellAbout } from '../../common/telemetry/work-context.js';
import { CatalogApi } from '../catalog/catalog.contract.js';
import { UsersApi } from '../users/users.contract.js';
import {
  type Changed,
  mergeLines,
  type Order,
  type OrderItem,
  type OrderLine,
  placeOrder,
  priceLines,
  requireTotal,
  toChange,
} from './domain/order.js';
import { OrderEvents } from './orders.contract.js';
import { OrderErrors } from './orders.errors.js';
import { countRequest, ordersCreated, reasonOf, REPEATED } from './orders.metrics.js';
import type { PlaceOrderBody } from './orders.schemas.js';
import { NewOrders } from './persistence/new-orders.js';
import { OrderNumbers } from './persistence/order-numbers.js';
import { OrderReader } from './persistence/order-reader.js';
import type { PlaceOrder } from './place-order.state.js';
import { ProductLabels } from './product-labels.js';

export interface Placed {
  order: Order;
  status: number;
}

/** Takes in an order: checks the user, prices the lines, writes it down, and runs it to its end. */
@Injectable()
export class OrderPlacement {
  constructor(
    @Inject(UsersApi) private readonly users: UsersApi,
    @Inject(CatalogApi) private readonly catalog: CatalogApi,
    private readonly numbers: OrderNumbers,
    private readonly newOrders: NewOrders,
    private readonly runner: SagaRunner<PlaceOrder>,
    private readonly reader: OrderReader,
    private readonly keys: IdempotencyKeys,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly labels: ProductLabels,
  ) {}

  async place(user: Principal, body: PlaceOrderBody, key: string | null): Promise<Placed> {
    const seen = { before: false };
    const count = (status: string) => countRequest(this.productsOf(body), seen.before ? REPEATED : status);
    try {
      const placed = await this.placeOnce(user, body, key, seen);
      tellAbout({ order_id: placed.order.id });
      count(placed.order.status);
      return placed;
    } catch (error) {
      count(reasonOf(error));
      throw error;
    }
  }

  private productsOf(body: PlaceOrderBody): string[] {
    return [...new Set(body.items.map(({ sku }) => this.labels.of(sku)))];
  }

  /** `seen` hears of it when the request is the repetition of an earlier one. */
  private async placeOnce(
    user: Principal,
    body: PlaceOrderBody,
    key: string | null,
    seen: { before: boolean },
  ): Promise<Placed> {
    const request =
      key === null ? null : { scope: `orders.place:${user.userId}`, key, hash: requestHash(body) };
    const lines = mergedLines(body);
    let items: OrderItem[];
    try {
      items = await this.admit(user, lines);
      if (body.expectedTotal) requireTotal(items, body.expectedTotal);
    } catch (refusal) {
      return this.answerEarlierOr(request, refusal, seen);
    }

    const draft = await this.draft(user, body, items);
    const run = await this.write(draft, body, lines, request);
    if (!run) return this.answerAgain(request, seen);
    ordersCreated.inc({});
    tellAbout({ order_id: run.id });
    return this.toAnswer(run, await this.runner.run(run));
  }

  /** The priced lines, once it is clear that this user may order and that all of it is for sale. */
  private async admit(user: Principal, lines: readonly OrderLine[]): Promise<OrderItem[]> {
    const { userId, sessionId } = user;
    const [items] = await Promise.all([this.priced(lines), this.users.requireActive({ userId, sessionId })]);
    return items;
  }

  private async priced(lines: readonly OrderLine[]): Promise<OrderItem[]> {
    const { products } = await this.catalog.price({ skus: lines.map(({ sku }) => sku) });
    const bySku = new Map(products.map((product) => [product.sku, product]));
    const unknown = lines.filter(({ sku }) => !bySku.has(sku)).map(({ sku }) => sku);
    if (unknown.length > 0) throw OrderErrors.UNKNOWN_SKU(`There is no product ${unknown.join(', ')}`);
    const inactive = products.filter((product) => !product.active).map(({ sku }) => sku);
    if (inactive.length > 0) throw OrderErrors.PRODUCT_INACTIVE(`Not for sale: ${inactive.join(', ')}`);
    if (new Set(products.map(({ price }) => price.currency)).size > 1) throw OrderErrors.MIXED_CURRENCIES();
    return priceLines(lines, bySku);
  }

  private async draft(user: Principal, body: PlaceOrderBody, items: OrderItem[]): Promise<Changed> {
    const now = this.clock.now();
    const number = await this.numbers.take(now.getUTCFullYear());
    const { shippingAddress, note } = body;
    return placeOrder(
      { id: newId(), number, userId: user.userId, items, shippingAddress, note },
      { actor: 'owner', by: user.userId, at: now.toISOString(), reason: null, traceId: currentTraceId() },
    );
  }

  private write(
    changed: Changed,
    body: PlaceOrderBody,
    lines: OrderLine[],
    request: KeyedRequest | null,
  ): Promise<SagaRun<PlaceOrder> | null> {
    const { order } = changed;
    const saga: PlaceOrder = {
      orderId: order.id,
      userId: order.userId,
      lines,
      amount: order.total,
      method: body.payment.method,
      token: body.payment.token,
      key: request && { scope: request.scope, key: request.key },
      traceparent: currentTraceparent(),
    };
    return this.newOrders.write({
      ...changed,
      request,
      saga,
      event: newEvent(OrderEvents.created, toChange(order, null)),
    });
  }

  private async toAnswer(run: SagaRun<PlaceOrder>, outcome: SagaOutcome): Promise<Placed> {
    if (outcome.result === 'failed') throw DomainError.fromWire(outcome.failure);
    const order = (outcome.result === 'completed' && run.state.order) || (await this.reader.byId(run.id));
    if (order.status === 'cancelled') throw OrderErrors.CANCELLED();
    if (order.failure) throw new OutcomeUnknown(`The order failed: ${order.failure.detail}`);
    return { order, status: order.status === 'pending' ? 202 : 201 };
  }

  /** A request that is refused now may be the repetition of one that was not. */
  private async answerEarlierOr(
    request: KeyedRequest | null,
    refusal: unknown,
    seen: { before: boolean },
  ): Promise<Placed> {
    const earlier = request && (await this.keys.find(this.uow, request));
    if (!earlier) throw refusal;
    seen.before = true;
    return toPlaced(earlier);
  }

  private async answerAgain(request: KeyedRequest | null, seen: { before: boolean }): Promise<Placed> {
    seen.before = true;
    const answer = request && (await this.keys.find(this.uow, request));
    // The key was freed between the two statements: the first request met a dependency that was down.
    if (!answer) throw new OutcomeUnknown('The first request with this Idempotency-Key has just failed');
    return toPlaced(answer);
  }
}

function toPlaced({ status, body }: KeptAnswer): Placed {
  if (status >= 400) throw DomainError.fromWire(body as WireError);
  return { order: body as Order, status };
}

function mergedLines(body: PlaceOrderBody): OrderLine[] {
  const lines = mergeLines(body.items);
  const tooMany = lines.find(({ quantity }) => quantity > 10_000);
  if (tooMany)
    throw OrderErrors.TOO_LARGE(`${tooMany.quantity} of ${tooMany.sku}: at most 10000 of one product`);
  return lines;
}
