import type { PaymentStatus } from './payment-state.js';

/** Why a payment ended without money though no card was declined. */
export const GATEWAY_UNAVAILABLE = 'gateway_unavailable';
export const INVALID_TOKEN = 'invalid_token';

/** What the gateway says of a key. It says the same for ever, save that what was captured can be voided. */
export type Verdict =
  | { kind: 'captured'; reference: string | null }
  | { kind: 'declined'; reference: string | null; reason: string }
  /** No money is kept under the key and none can be taken; `paidBack` says that some had been. */
  | { kind: 'voided'; reference: string | null; paidBack: boolean };

/** What came of an attempt to charge. */
export type Outcome =
  | Verdict
  /** The request certainly never left. */
  | { kind: 'never-sent'; error: string }
  /** Money may have been taken. */
  | { kind: 'unknown'; error: string };

/** How an outcome shows in the payment. A `reason` of null leaves the one that is there. */
export interface Recorded {
  status: PaymentStatus;
  reference: string | null;
  reason: string | null;
  refunded: number;
  error: string | null;
}

export function recordedAs(outcome: Outcome, amount: number): Recorded {
  const nothing = { reference: null, reason: null, refunded: 0, error: null };
  switch (outcome.kind) {
    case 'captured':
      return { ...nothing, status: 'captured', reference: outcome.reference };
    case 'declined':
      return { ...nothing, status: 'declined', reference: outcome.reference, reason: outcome.reason };
    case 'voided':
      return outcome.paidBack
        ? { ...nothing, status: 'refunded', reference: outcome.reference, refunded: amount }
        : { ...nothing, status: 'declined', reference: outcome.reference };
    case 'never-sent':
      return { ...nothing, status: 'declined', reason: GATEWAY_UNAVAILABLE, error: outcome.error };
    case 'unknown':
      return { ...nothing, status: 'unknown', error: outcome.error };
  }
}

/** What whoever wants the money is told of a payment. */
export type Answer =
  | 'captured'
  | 'declined'
  | 'invalid-token'
  | 'cancelled'
  | 'gateway-unavailable'
  | 'unknown';

export interface Standing {
  status: PaymentStatus;
  reason: string | null;
  /** Nothing may be kept: set before the gateway is asked to void or pay back. */
  cancelled: boolean;
}

export function answerOf({ status, reason, cancelled }: Standing): Answer {
  if (status === 'pending' || status === 'unknown') return 'unknown';
  if (reason === GATEWAY_UNAVAILABLE && (cancelled || status === 'declined')) return 'gateway-unavailable';
  if (cancelled) return 'cancelled';
  if (status !== 'declined') return 'captured'; // a refund later on does not unsay that it was taken
  return reason === INVALID_TOKEN ? 'invalid-token' : 'declined';
}
