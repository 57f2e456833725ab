import { Inject, Injectable } from '@nestjs/common';
import { RequestErrors } from '../../common/errors/common.errors.js';
import type { DomainError } from '../../common/errors/domain-error.js';
import {
  IdempotencyKeys,
  type KeyedRequest,
  requestHash,
} from '../../common/idempotency/idempotency-keys.js';
import { newId } from '../../common/ids.js';
import type { OutputOf } from '../../common/messaging/contract.js';
import { UnitOfWork } from '../../common/persistence/unit-of-work.js';
import { currentTraceId } from '../../common/telemetry/work-context.js';
import type { Principal } from '../../common/security/principal.js';
import { OrdersApi } from '../orders/orders.contract.js';
import { ANSWER_WITHIN_MS, Deadline } from './deadline.js';
import { isUnsettled, leftToRefund } from './domain/payment-state.js';
import { refusalOf, replay, type Reply } from './payment-answers.js';
import { type ChargeBody, type PaymentDto, type RefundBody, toDto } from './payments.dto.js';
import { PaymentErrors } from './payments.errors.js';
import type { Payment, PaymentRow } from './persistence/payment.entity.js';
import { PaymentStore } from './persistence/payment-store.js';
import { RefundStore, type RefundToDo } from './persistence/refund-store.js';
import { Refunding } from './refunding.service.js';
import { Settlement } from './settlement.service.js';

type OrderSummary = OutputOf<typeof OrdersApi.calls.summaries>['orders'][number];
type Begun<T> = { begun: T } | { earlier: Reply<PaymentDto> };

/** Charges and refunds by hand. Each is written down with its idempotency key before the gateway hears of it. */
@Injectable()
export class ManualPayments {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly keys: IdempotencyKeys,
    private readonly payments: PaymentStore,
    private readonly refunds: RefundStore,
    private readonly settlement: Settlement,
    private readonly refunding: Refunding,
    @Inject(OrdersApi) private readonly orders: OrdersApi,
  ) {}

  /**
   * Charges an order once more. 201 with the payment; 202 when the gateway has not said yet what came of it: the
   * payment settles by itself, and the same key then gives its final answer. Throws what was refused.
   */
  async charge(staff: Principal, body: ChargeBody, key: string): Promise<Reply<PaymentDto>> {
    const deadline = new Deadline(ANSWER_WITHIN_MS);
    const request = { scope: `payments.charge:${staff.userId}`, key, hash: requestHash(body) };
    const earlier = await this.keys.find(this.uow, request);
    if (earlier) return replay(earlier);
    const attempt = await this.beginCharge(request, body);
    if ('earlier' in attempt) return attempt.earlier;
    const payment = await this.unlessOrderEnded(attempt.begun);
    const settled = await this.settlement.charge(payment, body.token, true, deadline);
    if (isUnsettled(settled)) return { status: 202, body: toDto(settled) };
    const refusal = refusalOf(settled);
    if (refusal) throw refusal;
    return { status: 201, body: toDto(settled) };
  }

  /** Pays back a part or all that is left. 202 when the gateway has not confirmed it yet: it is seen to. */
  async refund(
    staff: Principal,
    paymentId: string,
    body: RefundBody,
    key: string,
  ): Promise<Reply<PaymentDto>> {
    const deadline = new Deadline(ANSWER_WITHIN_MS);
    const request = {
      scope: `payments.refund:${staff.userId}`,
      key,
      hash: requestHash({ paymentId, ...body }),
    };
    const reserved = await this.reserveRefund(request, paymentId, body, staff.userId);
    if ('earlier' in reserved) return reserved.earlier;
    await this.refunding.drive(reserved.begun, deadline);
    // What was recorded is the answer kept under the key; without one the gateway has not said.
    const answer = await this.keys.find(this.uow, request).catch(unlessInFlight);
    if (answer) return replay(answer);
    return { status: 202, body: toDto(await this.payments.get(this.uow, paymentId)) };
  }

  private async beginCharge(request: KeyedRequest, body: ChargeBody): Promise<Begun<Payment>> {
    const { orderId, amount, method } = body;
    const userId = await this.ownerOf(orderId, amount.currency);
    const id = newId();
    return this.uow.run(async (tx): Promise<Begun<Payment>> => {
      const earlier = await this.keys.take(tx, request, id);
      if (earlier) return { earlier: replay(earlier) };
      if (await this.payments.isCancelled(tx, orderId)) throw PaymentErrors.CANCELLED();
      const payment = { id, orderId, userId, ...amount, method, traceId: currentTraceId() };
      return { begun: await this.payments.insertManual(tx, payment, request) };
    });
  }

  private async ownerOf(orderId: string, currency: string): Promise<string> {
    const order = await this.orderOf(orderId);
    if (hasEnded(order)) {
      throw PaymentErrors.CANCELLED(
        `Order ${order.number} is ${order.status}: nothing may be charged for it`,
      );
    }
    if (order.total.currency !== currency) throw wrongCurrency(order.total.currency);
    return order.userId;
  }

  /**
   * An order that ended while its new payment was being written may not have seen it, and would not give it back.
   * One that is alive now will, whenever it ends.
   */
  private async unlessOrderEnded(payment: Payment): Promise<Payment> {
    const order = await this.orderOf(payment.orderId);
    if (!hasEnded(order)) return payment;
    await this.payments.markCancelled(payment.id, `order ${order.status}`);
    const row: PaymentRow = payment;
    return { ...row, cancelled: true };
  }

  private async orderOf(orderId: string): Promise<OrderSummary> {
    const { orders } = await this.orders.summaries({ orderIds: [orderId] });
    const order = orders.find((each) => each.orderId === orderId);
    if (!order) throw PaymentErrors.ORDER_NOT_FOUND();
    return order;
  }

  /** Reserves the amount, so that refunds at the same time can never be more than what was captured. */
  private reserveRefund(
    request: KeyedRequest,
    paymentId: string,
    { amount, reason }: RefundBody,
    actor: string,
  ): Promise<Begun<RefundToDo>> {
    const id = newId();
    return this.uow.run(async (tx): Promise<Begun<RefundToDo>> => {
      const earlier = await this.keys.take(tx, request, id);
      if (earlier) return { earlier: replay(earlier) };
      const payment = await this.payments.lock(tx, paymentId);
      if (!payment) throw PaymentErrors.NOT_FOUND();
      if (payment.cancelled || leftToRefund(payment, 0) === 0) {
        throw PaymentErrors.NOT_REFUNDABLE(
          `The payment is ${payment.cancelled ? 'cancelled' : payment.status}`,
        );
      }
      if (amount && amount.currency !== payment.currency) throw wrongCurrency(payment.currency);
      const left = leftToRefund(payment, await this.refunds.underWay(tx, paymentId));
      const wanted = amount?.amount ?? left;
      if (wanted > left || wanted === 0) {
        throw PaymentErrors.REFUND_EXCEEDS(`${left} ${payment.currency} (minor units) can still be refunded`);
      }
      const refund = {
        id,
        paymentId,
        amount: wanted,
        reason: reason ?? null,
        actor,
        traceId: currentTraceId(),
        requestScope: request.scope,
        requestKey: request.key,
      };
      return { begun: await this.refunds.insert(tx, refund) };
    });
  }
}

/** Nothing may be kept for it. */
function hasEnded({ status }: OrderSummary): boolean {
  return status === 'failed' || status === 'cancelled';
}

function wrongCurrency(right: string): DomainError {
  const message = `must be ${right}`;
  return RequestErrors.INVALID(`amount.currency: ${message}`, {
    errors: [{ path: 'amount.currency', message }],
  });
}

function unlessInFlight(error: unknown): null {
  if ((error as Partial<DomainError>).code === 'IDEMPOTENCY.IN_FLIGHT') return null;
  throw error;
}
