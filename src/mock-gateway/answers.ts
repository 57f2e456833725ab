import type { Charge, Refund } from './ledger.js';

/** What a client hears, unless a fault or a test token decides that it hears nothing. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** The work is done, but the client must never learn of it from this request. */
  readonly withheld?: boolean;
}

/** A refusal to be answered as `{ error: { code, message } }`. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = 'Refusal';
  }
}

export function refuse(status: number, code: string, message: string, extra: object = {}): Answer {
  return { status, body: { error: { code, message }, ...extra } };
}

export function statusOf(
  charge: Charge,
): 'voided' | 'declined' | 'captured' | 'refunded' | 'partially_refunded' {
  if (charge.id === null) return 'voided';
  if (charge.declineReason !== null) return 'declined';
  if (charge.refunded === 0) return 'captured';
  return charge.refunded < charge.amount ? 'partially_refunded' : 'refunded';
}

/** The money that could still be paid back. */
export function leftOf(charge: Charge): number {
  return charge.declineReason === null ? charge.amount - charge.refunded : 0;
}

export function chargeView(key: string, charge: Charge) {
  const { id, amount, currency, refunded, reference, createdAt, declineReason } = charge;
  const view = { id, key, status: statusOf(charge), amount, currency, refunded, reference, createdAt };
  return declineReason === null ? view : { ...view, reason: declineReason };
}

export function refundView(key: string, { id, chargeId, amount, createdAt }: Refund) {
  return { id, key, chargeId, amount, createdAt };
}
