import { Injectable, Logger } from '@nestjs/common';
import { failpoint } from '../../common/failpoint.js';
import { IdempotencyKeys } from '../../common/idempotency/idempotency-keys.js';
import { EventPump } from '../../common/messaging/event-pump.js';
import { type Tx, UnitOfWork } from '../../common/persistence/unit-of-work.js';
import { currentTraceId } from '../../common/telemetry/work-context.js';
import type { Deadline } from './deadline.js';
import { afterRefund } from './domain/payment-state.js';
import {
  GatewayFailure,
  GatewayOutcomeUnknown,
  PaymentGateway,
  type RefundVerdict,
} from './gateway/payment-gateway.js';
import { appendEvents } from '../../common/messaging/outbox.js';
import { kept } from './payment-answers.js';
import { refundedEvent } from './payment-events.js';
import { toDto } from './payments.dto.js';
import { PaymentErrors } from './payments.errors.js';
import { refundsProcessed } from './payments.metrics.js';
import { ClosingStore } from './persistence/closing-store.js';
import type { Payment } from './persistence/payment.entity.js';
import { PaymentStore } from './persistence/payment-store.js';
import { RefundStore, type RefundToDo } from './persistence/refund-store.js';

/** A refund that does not get done is told of at every tenth attempt. */
const WARN_EVERY = 10;

/** Carries out refunds that are written down already, under their own keys: again and again does no harm. */
@Injectable()
export class Refunding {
  private readonly log = new Logger('Payments');

  constructor(
    private readonly gateway: PaymentGateway,
    private readonly uow: UnitOfWork,
    private readonly payments: PaymentStore,
    private readonly refunds: RefundStore,
    private readonly closing: ClosingStore,
    private readonly keys: IdempotencyKeys,
    private readonly pump: EventPump,
  ) {}

  /** Tries every pending refund of these payments, also those that a refused one leaves to a new one. */
  async driveAll(paymentIds: readonly string[], deadline: Deadline): Promise<void> {
    const tried = new Set<string>();
    for (;;) {
      const pending = (await this.refunds.pendingOf(this.uow, paymentIds)).filter(({ id }) => !tried.has(id));
      if (pending.length === 0) return;
      await Promise.all(pending.map((refund) => this.drive(refund, deadline)));
      for (const { id } of pending) tried.add(id);
    }
  }

  /** Asks the gateway for one refund and records what it says. What it does not say is tried again by the poller. */
  async drive(refund: RefundToDo, deadline: Deadline): Promise<void> {
    try {
      failpoint('payments.refund.before');
      const verdict = await this.ask(refund, deadline);
      failpoint('payments.refund.answered');
      if (verdict.kind === 'done') await this.recordDone(refund, verdict.reference);
      else if (refund.origin === 'manual') await this.recordRefused(refund, verdict);
      else if (verdict.excess) await this.takeTheRest(refund, deadline);
      else await this.postpone(refund, `the gateway refused: ${verdict.reason}`);
    } catch (error) {
      if (!(error instanceof GatewayFailure)) throw error;
      await this.postpone(refund, error.message);
    }
  }

  private async ask(
    { chargeKey, gatewayKey, amount }: RefundToDo,
    deadline: Deadline,
  ): Promise<RefundVerdict> {
    try {
      return await this.gateway.refund(chargeKey, gatewayKey, amount, deadline.left(400));
    } catch (error) {
      if (!(error instanceof GatewayOutcomeUnknown)) throw error;
      const reference = await this.gateway.findRefund(gatewayKey, deadline.left());
      if (reference === null) throw error;
      return { kind: 'done', reference };
    }
  }

  /** The gateway keeps less than our books say. Whatever it is: it is to keep nothing. */
  private async takeTheRest(refund: RefundToDo, deadline: Deadline): Promise<void> {
    this.log.warn(
      { payment_id: refund.paymentId, order_id: refund.orderId },
      'The gateway holds less than was to be refunded: the charge is voided instead',
    );
    await this.gateway.cancel(refund.chargeKey, deadline.left());
    await this.recordDone(refund, null);
  }

  private async recordDone(refund: RefundToDo, reference: string | null): Promise<void> {
    const done = await this.uow.run(async (tx) => {
      const payment = await this.lock(tx, refund);
      if (!(await this.refunds.finish(tx, refund.id, 'done', reference, null))) return false;
      const { status, refunded } = afterRefund(payment, refund.amount);
      await this.refunds.updateBalance(tx, payment.id, { status, refunded, amount: payment.amount });
      await appendEvents(tx, [refundedEvent(payment, refund, refunded)]);
      const after = await this.payments.get(tx, payment.id);
      await this.keepAnswer(tx, refund, { status: 201, body: toDto(after) });
      return true;
    });
    if (done) refundsProcessed.inc({});
    this.pump.kick();
  }

  private async recordRefused(
    refund: RefundToDo,
    verdict: Extract<RefundVerdict, { kind: 'refused' }>,
  ): Promise<void> {
    await this.uow.run(async (tx) => {
      const payment = await this.lock(tx, refund);
      if (!(await this.refunds.finish(tx, refund.id, 'failed', null, verdict.reason))) return;
      await this.keepAnswer(
        tx,
        refund,
        kept(PaymentErrors.REFUND_DECLINED(`The gateway said: ${verdict.reason}`)),
      );
      // Cancelled while this part was on its way: now it is part of what has to go back.
      if (payment.cancelled)
        await this.closing.refundRest(tx, [{ orderId: payment.orderId, traceId: currentTraceId() }]);
    });
  }

  private async lock(tx: Tx, { paymentId }: RefundToDo): Promise<Payment> {
    const payment = await this.payments.lock(tx, paymentId);
    if (!payment) throw new Error(`Payment ${paymentId} is gone`);
    return payment;
  }

  private async keepAnswer(
    tx: Tx,
    refund: RefundToDo,
    answer: { status: number; body: unknown },
  ): Promise<void> {
    const { requestScope: scope, requestKey: key } = refund;
    if (scope !== null && key !== null) await this.keys.keep(tx, { scope, key }, answer);
  }

  private async postpone(refund: RefundToDo, error: string): Promise<void> {
    const attempts = await this.refunds.postpone(refund.id, error);
    if (attempts === 0 || attempts % WARN_EVERY !== 0) return;
    this.log.warn(
      { payment_id: refund.paymentId, order_id: refund.orderId, error },
      `A refund is not done after ${attempts} attempts; it goes on being tried`,
    );
  }
}
