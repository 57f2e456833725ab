import { Injectable } from '@nestjs/common';
import { Config } from '../../common/config/config.js';
import { failpoint } from '../../common/failpoint.js';
import { UnitOfWork } from '../../common/persistence/unit-of-work.js';
import { money } from '../../common/money.js';
import type { Deadline } from './deadline.js';
import { GATEWAY_UNAVAILABLE, type Outcome, type Verdict } from './domain/outcome.js';
import { isUnsettled } from './domain/payment-state.js';
import {
  GatewayFailure,
  GatewayOutcomeUnknown,
  GatewayUnreachable,
  PaymentGateway,
} from './gateway/payment-gateway.js';
import { OutcomeRecorder } from './outcome-recorder.js';
import type { Payment } from './persistence/payment.entity.js';
import { PaymentStore } from './persistence/payment-store.js';

/** Kept back from the wait for a charge, to ask what came of it when there is no answer. */
const TO_ASK_MS = 400;
/** With less time than this a charge is not sent a second time. */
const TO_CHARGE_AGAIN_MS = 700;

/** An attempt that somebody else has decided meanwhile, or that is to be taken back. */
type Ended = 'decided' | 'give-up';

/**
 * Brings a payment from "recorded" to "known". A failure of the gateway is never taken for a refusal: it is asked
 * by key, and before a payment is given up its key is voided, so that a charge still on its way finds it closed.
 *
 * Every method may be called again, by anybody, at any time: all use the payment's one key, and the books take
 * one outcome.
 */
@Injectable()
export class Settlement {
  constructor(
    private readonly gateway: PaymentGateway,
    private readonly store: PaymentStore,
    private readonly recorder: OutcomeRecorder,
    private readonly uow: UnitOfWork,
    private readonly config: Config,
  ) {}

  /**
   * Charges an unsettled payment and gives it as it then stands; still unsettled when the gateway would not say.
   * `first`: nobody can have asked the gateway for it before.
   */
  async charge(payment: Payment, token: string, first: boolean, deadline: Deadline): Promise<Payment> {
    if (payment.cancelled) return this.void(payment, deadline);
    const outcome = await this.attempt(payment, token, first, deadline);
    if (outcome === 'give-up') return this.giveUp(payment, deadline);
    const current =
      outcome === 'decided'
        ? await this.store.get(this.uow, payment.id)
        : await this.recorder.record(payment, outcome);
    // Cancelled while the gateway was at it: what it has taken has to go back.
    return isUnsettled(current) && current.cancelled ? this.void(current, deadline) : current;
  }

  /** Records what the gateway knows of the payment. False when it has never seen it. */
  async lookUp(payment: Payment, deadline: Deadline): Promise<boolean> {
    const verdict = await this.gateway.find(payment.gatewayKey, deadline.left());
    if (verdict) await this.recorder.record(payment, verdict);
    return verdict !== null;
  }

  /** Ends a payment without money because the gateway does not do its part. */
  async giveUp(payment: Payment, deadline: Deadline): Promise<Payment> {
    await this.store.markCancelled(payment.id, GATEWAY_UNAVAILABLE);
    const current = await this.store.get(this.uow, payment.id);
    return isUnsettled(current) ? this.void(current, deadline) : current;
  }

  /** Has the gateway keep nothing of a payment that is marked as cancelled. */
  async void(payment: Payment, deadline: Deadline): Promise<Payment> {
    return this.recorder.record(payment, await this.tryToVoid(payment, deadline));
  }

  private async tryToVoid({ gatewayKey }: Payment, deadline: Deadline): Promise<Outcome> {
    try {
      const verdict = await this.gateway.cancel(gatewayKey, deadline.left());
      failpoint('payments.void.answered');
      return verdict;
    } catch (error) {
      return asUnknown(error);
    }
  }

  private async attempt(
    payment: Payment,
    token: string,
    first: boolean,
    deadline: Deadline,
  ): Promise<Outcome | Ended> {
    if (payment.amount === 0) return { kind: 'captured', reference: null };
    const sent = { maybe: !first };
    try {
      if (!first) {
        const known = await this.gateway.find(payment.gatewayKey, deadline.left());
        if (known) return known;
        if (!(await this.store.takeUp(payment.id))) return 'decided';
      }
      return await this.send(payment, token, deadline, sent);
    } catch (error) {
      if (error instanceof GatewayUnreachable && !sent.maybe)
        return { kind: 'never-sent', error: error.message };
      return asUnknown(error);
    }
  }

  /** Sends the charge, and where its answer is lost asks for it; a charge that got lost itself goes out once more. */
  private async send(
    payment: Payment,
    token: string,
    deadline: Deadline,
    sent: { maybe: boolean },
  ): Promise<Verdict | Ended> {
    const { gatewayKey, amount, currency, orderId } = payment;
    for (let again = false; ; again = true) {
      try {
        const within = Math.min(this.config.gatewayTimeoutMs, deadline.left(TO_ASK_MS));
        failpoint('payments.charge.before');
        const verdict = await this.gateway.charge(
          gatewayKey,
          { amount: money(amount, currency), token, reference: orderId },
          within,
        );
        failpoint('payments.charge.answered');
        return verdict;
      } catch (error) {
        if (!(error instanceof GatewayOutcomeUnknown)) throw error;
        sent.maybe = true;
        const known = await this.gateway.find(gatewayKey, deadline.left());
        if (known) return known;
        if (error.answered || again || deadline.left() < TO_CHARGE_AGAIN_MS) return 'give-up';
      }
    }
  }
}

function asUnknown(error: unknown): Outcome {
  if (!(error instanceof GatewayFailure)) throw error;
  return { kind: 'unknown', error: error.message };
}
