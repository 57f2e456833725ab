import type { Money } from '../../../common/money.js';
import type { Verdict } from '../domain/outcome.js';

export interface ChargeOrder {
  amount: Money;
  /** A secret: never logged, never stored. */
  token: string;
  /** The order, for people who read the gateway's books. */
  reference: string;
}

export type RefundVerdict =
  | { kind: 'done'; reference: string }
  /** Refused, and nothing was paid back. `excess`: less is left at the gateway than was asked for. */
  | { kind: 'refused'; reason: string; excess: boolean };

/**
 * The provider that takes the money. Every charge and refund goes under a key of ours, once per key however
 * often it is sent. `within` is in milliseconds.
 *
 * A refusal is an answer. Failures are GatewayUnreachable (certainly never sent) or GatewayOutcomeUnknown.
 */
export abstract class PaymentGateway {
  /** Never answers 'captured' for a key that was voided. */
  abstract charge(key: string, order: ChargeOrder, within: number): Promise<Verdict>;
  /** What is known under the key; null when the gateway has never seen it. */
  abstract find(key: string, within: number): Promise<Verdict | null>;
  /** Sees to it that no money is kept under the key and none can be taken later. Waits for a charge under way. */
  abstract cancel(key: string, within: number): Promise<Exclude<Verdict, { kind: 'captured' }>>;
  /** Pays back `amount` minor units of what was captured under `chargeKey`. */
  abstract refund(
    chargeKey: string,
    refundKey: string,
    amount: number,
    within: number,
  ): Promise<RefundVerdict>;
  /** The gateway's reference of a refund; null when it has not been done. */
  abstract findRefund(refundKey: string, within: number): Promise<string | null>;
}

/** The gateway did not do as it should. Which of the two it is decides what may be believed. */
export abstract class GatewayFailure extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Certainly never sent: a connection refused, a name not resolved, an open breaker. */
export class GatewayUnreachable extends GatewayFailure {}

/** A timeout, a lost connection, a 5xx or 429: the gateway may have done it. Ask by key before deciding. */
export class GatewayOutcomeUnknown extends GatewayFailure {
  constructor(
    message: string,
    /** It answered, though not what came of it; else the connection was lost or time ran out. */
    readonly answered: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
