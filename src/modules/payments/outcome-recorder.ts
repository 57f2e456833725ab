import { Injectable } from '@nestjs/common';
import { failpoint } from '../../common/failpoint.js';
import { IdempotencyKeys } from '../../common/idempotency/idempotency-keys.js';
import { newId } from '../../common/ids.js';
import { EventPump } from '../../common/messaging/event-pump.js';
import { GroupCommit } from '../../common/persistence/group-commit.js';
import { type Tx, UnitOfWork } from '../../common/persistence/unit-of-work.js';
import { currentTraceId } from '../../common/telemetry/work-context.js';
import { answerOf, type Outcome, recordedAs } from './domain/outcome.js';
import { isUnsettled } from './domain/payment-state.js';
import { outcomeEvent } from './payment-events.js';
import { kept, refusalOf } from './payment-answers.js';
import { toDto } from './payments.dto.js';
import { paymentAmount, paymentsProcessed } from './payments.metrics.js';
import type { Payment, PaymentRow } from './persistence/payment.entity.js';
import { type OutcomeItem, PaymentStore } from './persistence/payment-store.js';

/** Writes what came of a charge, with its event and, for one made by hand, the answer that its key stands for. */
@Injectable()
export class OutcomeRecorder {
  private readonly workflow = new GroupCommit<OutcomeItem, boolean>(
    async (batch) => {
      const won = await this.store.recordOutcomes(this.uow, batch);
      failpoint('payments.outcome.recorded');
      return batch.map(({ paymentId }) => won.has(paymentId));
    },
    // An event is written by its order's id: two payments of one order in a batch could not be told apart.
    { name: 'payments.record-outcome', module: 'payments', key: ({ orderId }) => orderId },
  );

  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: PaymentStore,
    private readonly keys: IdempotencyKeys,
    private readonly pump: EventPump,
  ) {}

  /**
   * Records the outcome, unless the payment has another by now or may no longer take this one. Gives the payment
   * as it stands after.
   */
  async record(payment: Payment, outcome: Outcome): Promise<Payment> {
    const recorded = recordedAs(outcome, payment.amount);
    const refundId = recorded.refunded > 0 ? newId() : null;
    const item: OutcomeItem = {
      paymentId: payment.id,
      orderId: payment.orderId,
      recorded,
      neverSent: outcome.kind === 'never-sent',
      refundId,
      traceId: currentTraceId(),
      event: outcomeEvent(payment, recorded, refundId),
    };
    if (payment.kind === 'manual') return this.recordManual(payment, item, outcome);
    const won = await this.workflow.submit(item);
    if (won) count(payment, outcome);
    if (won && item.event) this.pump.handOn([item.event]);
    if (!won || recorded.status === 'unknown') return this.store.get(this.uow, payment.id);
    const row: PaymentRow = payment;
    return {
      ...row,
      status: recorded.status,
      reason: recorded.reason ?? payment.reason,
      gatewayReference: recorded.reference,
      refunded: recorded.refunded,
    };
  }

  private async recordManual(payment: Payment, item: OutcomeItem, outcome: Outcome): Promise<Payment> {
    const { won, after } = await this.uow.run(async (tx) => {
      const won = await this.store.recordOutcomes(tx, [item]);
      const after = await this.store.get(tx, item.paymentId);
      if (won.size > 0) await this.keepAnswer(tx, after);
      return { won, after };
    });
    if (won.size > 0) {
      count(payment, outcome);
      if (item.event) this.pump.handOn([item.event]);
    }
    return after;
  }

  private async keepAnswer(tx: Tx, payment: Payment): Promise<void> {
    const { requestScope: scope, requestKey: key } = payment;
    if (scope === null || key === null || isUnsettled(payment)) return;
    // Nothing was charged and nothing will be under that key: the same request may try anew.
    if (answerOf(payment) === 'gateway-unavailable') return this.keys.forget(tx, { scope, key });
    const refusal = refusalOf(payment);
    const answer = refusal ? kept(refusal) : { status: 201, body: toDto(payment) };
    await this.keys.keep(tx, { scope, key }, answer);
  }
}

/** By what the gateway said: a charge that never reached it was not declined by anybody. */
function count({ method, amount, currency }: Payment, { kind }: Outcome): void {
  paymentsProcessed.inc({ status: kind === 'never-sent' ? 'unavailable' : kind, method });
  if (kind === 'captured') paymentAmount.inc({ currency }, amount);
}
