import { newEvent, type OutboxEvent } from '../../common/messaging/outbox.js';
import { money } from '../../common/money.js';
import { GATEWAY_UNAVAILABLE, type Recorded } from './domain/outcome.js';
import { PaymentEvents } from './payments.contract.js';
import type { Payment } from './persistence/payment.entity.js';

function facts({ id, orderId, userId, amount, currency }: Payment) {
  if (userId === null) throw new Error(`Payment ${id} is a tombstone: there is nothing to tell of it`);
  return { paymentId: id, orderId, userId, amount: money(amount, currency) };
}

/** The event that tells of an outcome. A payment that was cancelled before anything was taken has none. */
export function outcomeEvent(
  payment: Payment,
  { status, reason }: Recorded,
  refundId: string | null,
): OutboxEvent | null {
  if (status === 'captured') return newEvent(PaymentEvents.captured, facts(payment));
  if (refundId !== null)
    return refundedEvent(
      payment,
      { id: refundId, amount: payment.amount, reason: payment.reason },
      payment.amount,
    );
  const why = reason ?? (payment.reason === GATEWAY_UNAVAILABLE ? GATEWAY_UNAVAILABLE : null);
  if (status !== 'declined' || why === null) return null;
  return newEvent(PaymentEvents.declined, { ...facts(payment), reason: why });
}

/** `refunded`: all that has been paid back of the payment by now, this refund included. */
export function refundedEvent(
  payment: Payment,
  refund: { id: string; amount: number; reason: string | null },
  refunded: number,
): OutboxEvent {
  const { amount: captured, ...rest } = facts(payment);
  return newEvent(PaymentEvents.refunded, {
    ...rest,
    amount: money(refund.amount, payment.currency),
    refundId: refund.id,
    refunded: money(refunded, payment.currency),
    captured,
    reason: refund.reason,
  });
}
