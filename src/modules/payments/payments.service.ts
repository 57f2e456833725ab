import { Injectable } from '@nestjs/common';
import { OutcomeUnknown } from '../../common/errors/common.errors.js';
import { newId } from '../../common/ids.js';
import type { InputOf, OutputOf } from '../../common/messaging/contract.js';
import { GroupCommit } from '../../common/persistence/group-commit.js';
import { UnitOfWork } from '../../common/persistence/unit-of-work.js';
import { currentTraceId } from '../../common/telemetry/work-context.js';
import { ANSWER_WITHIN_MS, Deadline } from './deadline.js';
import { isUnsettled, leftToRefund } from './domain/payment-state.js';
import { refusalOf } from './payment-answers.js';
import type { PaymentsApi } from './payments.contract.js';
import { type Closing, ClosingStore } from './persistence/closing-store.js';
import { type Attempt, type NewPayment, PaymentStore } from './persistence/payment-store.js';
import { Refunding } from './refunding.service.js';
import { Settlement } from './settlement.service.js';

type Calls = typeof PaymentsApi.calls;

/** What the order workflow asks of payments. */
@Injectable()
export class PaymentsService {
  private readonly attempts = new GroupCommit<NewPayment, Attempt>(
    (batch) => this.store.recordAttempts(batch),
    {
      name: 'payments.record-attempt',
      module: 'payments',
      key: ({ orderId }) => orderId,
    },
  );
  private readonly closings = new GroupCommit<Closing, null>(
    async (batch) => {
      await this.uow.run((tx) => this.closing.close(tx, batch));
      return batch.map(() => null);
    },
    { name: 'payments.close', module: 'payments', key: ({ orderId }) => orderId },
  );

  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: PaymentStore,
    private readonly closing: ClosingStore,
    private readonly settlement: Settlement,
    private readonly refunding: Refunding,
  ) {}

  /** See the contract. The attempt is durable before the gateway hears of it, the outcome before the caller does. */
  async charge({ amount, token, ...rest }: InputOf<Calls['charge']>): Promise<OutputOf<Calls['charge']>> {
    const deadline = new Deadline(ANSWER_WITHIN_MS);
    const { payment, first } = await this.attempts.submit({
      ...rest,
      ...amount,
      id: newId(),
      traceId: currentTraceId(),
    });
    const settled = isUnsettled(payment)
      ? await this.settlement.charge(payment, token, first, deadline)
      : payment;
    const refusal = refusalOf(settled);
    if (refusal) throw refusal;
    return { paymentId: settled.id, status: 'captured' };
  }

  /** See the contract. What the gateway does not confirm in time is durable: the poller goes on with it. */
  async cancel(closing: InputOf<Calls['cancel']>): Promise<OutputOf<Calls['cancel']>> {
    const deadline = new Deadline(ANSWER_WITHIN_MS);
    const { orderId } = closing;
    await this.closings.submit({ ...closing, traceId: currentTraceId() });
    const payments = await this.closing.paymentsOf(this.uow, orderId);
    await Promise.all([
      ...payments.filter(isUnsettled).map((payment) => this.settlement.void(payment, deadline)),
      this.refunding.driveAll(
        payments.map(({ id }) => id),
        deadline,
      ),
    ]);
    const after = await this.closing.paymentsOf(this.uow, orderId);
    if (after.some((payment) => isUnsettled(payment) || leftToRefund(payment, 0) > 0)) {
      throw new OutcomeUnknown('The payment gateway has not confirmed yet that nothing is kept');
    }
    const payment = after.find(({ kind }) => kind === 'workflow');
    return { orderId, paymentId: payment?.id ?? null, status: payment?.status ?? null };
  }
}
