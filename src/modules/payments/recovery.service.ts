import { context } from '@opentelemetry/api';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { contextFrom, currentWork, withWork } from '../../common/telemetry/work-context.js';
import { Poller } from '../../common/poller.js';
import { ANSWER_WITHIN_MS, Deadline } from './deadline.js';
import { GatewayFailure } from './gateway/payment-gateway.js';
import type { Payment } from './persistence/payment.entity.js';
import { PaymentStore } from './persistence/payment-store.js';
import { RefundStore } from './persistence/refund-store.js';
import { Refunding } from './refunding.service.js';
import { Settlement } from './settlement.service.js';

const AT_ONCE = 50;
const WARN_EVERY = 10;

/**
 * Finishes what whoever began it did not: payments without an outcome, refunds without a confirmation. Runs in
 * every process that hosts payments; rows are leased, and doing one twice does no harm.
 */
@Injectable()
export class Recovery implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new Logger('Payments');
  private readonly poller = new Poller({
    name: 'payments recovery',
    module: 'payments',
    intervalMs: 1000,
    task: () => this.recover(),
  });

  constructor(
    private readonly payments: PaymentStore,
    private readonly refunds: RefundStore,
    private readonly settlement: Settlement,
    private readonly refunding: Refunding,
  ) {}

  /** There may be something to pay back now. */
  kick(): void {
    this.poller.kick();
  }

  onApplicationBootstrap(): void {
    this.poller.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.poller.stop();
  }

  private async recover(): Promise<number> {
    const [payments, refunds] = await Promise.all([
      this.payments.takeDue(AT_ONCE),
      this.refunds.takeDue(AT_ONCE),
    ]);
    const deadline = new Deadline(ANSWER_WITHIN_MS);
    await Promise.all([
      ...payments.map((payment) => inTraceOf(payment, () => this.settle(payment, deadline))),
      ...refunds.map((refund) => inTraceOf(refund, () => this.refunding.drive(refund, deadline))),
    ]);
    return payments.length + refunds.length;
  }

  private async settle(payment: Payment, deadline: Deadline): Promise<void> {
    if (payment.checks % WARN_EVERY === 0) {
      const { id, orderId, checks } = payment;
      this.log.warn(
        { payment_id: id, order_id: orderId },
        `A payment is not settled after ${checks} looks; it goes on`,
      );
    }
    if (payment.cancelled) {
      await this.settlement.void(payment, deadline);
      return;
    }
    try {
      if (await this.settlement.lookUp(payment, deadline)) return;
    } catch (error) {
      if (!(error instanceof GatewayFailure)) throw error;
      return; // it comes again
    }
    // Never seen by the gateway. A workflow has the token and goes on itself; nobody else goes on with a manual one.
    if (payment.kind === 'manual') await this.settlement.giveUp(payment, deadline);
  }
}

/** What is left behind is finished in the trace of the request that began it. */
function inTraceOf<T>({ traceparent }: { traceparent: string | null }, finish: () => T): T {
  return context.with(withWork(contextFrom(traceparent), { ...currentWork(), about: {} }), finish);
}
