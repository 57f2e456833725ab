import type { z } from 'zod';
import type { PaymentStatusSchema } from '../payments.contract.js';

export type PaymentStatus = z.infer<typeof PaymentStatusSchema>;

/** What may follow what. Anything else is refused by the statements that write a status. */
export const TRANSITIONS: Readonly<Record<PaymentStatus, readonly PaymentStatus[]>> = {
  pending: ['unknown', 'captured', 'declined', 'refunded'],
  unknown: ['unknown', 'captured', 'declined', 'refunded'],
  captured: ['partially_refunded', 'refunded'],
  partially_refunded: ['partially_refunded', 'refunded'],
  declined: [],
  refunded: [],
};

const statuses = Object.keys(TRANSITIONS) as PaymentStatus[];

export function mayBecome(from: PaymentStatus, to: PaymentStatus): boolean {
  return TRANSITIONS[from].includes(to);
}

/** The gateway may still take money, or may have: its word is awaited. */
export const UNSETTLED: readonly PaymentStatus[] = statuses.filter((each) => mayBecome(each, 'captured'));

/** Money is kept, of which some can be given back. */
export const REFUNDABLE: readonly PaymentStatus[] = statuses.filter((each) =>
  mayBecome(each, 'partially_refunded'),
);

export function isUnsettled({ status }: { status: PaymentStatus }): boolean {
  return UNSETTLED.includes(status);
}

/** Amounts in minor units of one currency. */
export interface Balance {
  status: PaymentStatus;
  amount: number;
  refunded: number;
}

/** What a refund may still ask for, once those under way (`pending`) are done; 0 when nothing was captured. */
export function leftToRefund({ status, amount, refunded }: Balance, pending: number): number {
  return REFUNDABLE.includes(status) ? amount - refunded - pending : 0;
}

/** Throws a RangeError when the refund is more than was kept. */
export function afterRefund(balance: Balance, refund: number): Balance {
  const refunded = balance.refunded + refund;
  if (refund <= 0 || refund > leftToRefund(balance, 0)) {
    throw new RangeError(
      `a refund of ${refund} does not fit ${balance.status}, ${balance.refunded} of ${balance.amount}`,
    );
  }
  return { ...balance, refunded, status: refunded === balance.amount ? 'refunded' : 'partially_refunded' };
}
