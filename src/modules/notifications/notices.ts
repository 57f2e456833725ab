import type { PayloadOf } from '../../common/messaging/contract.js';
import type { OrderChange } from '../orders/orders.contract.js';
import type { PaymentEvents } from '../payments/payments.contract.js';
import type { UserEvents } from '../users/users.contract.js';
import type { Notice } from './drafting.js';
import type { Message } from './templates/renderer.js';

/** What an order's owner is told of a change, or null when it is nothing to write about. */
export function noticeOfOrder(change: OrderChange): Notice | null {
  const message = messageOf(change);
  const { userId, orderId } = change;
  return message && { userId, orderId, occasion: orderId, message };
}

function messageOf({ status, number, total, items, reason }: OrderChange): Message | null {
  const lines = items.map((item) => ({ name: item.name, quantity: item.quantity, total: item.total }));
  switch (status) {
    case 'confirmed':
      return { kind: 'order-confirmed', variables: { number, total, items: lines } };
    case 'failed':
      return { kind: 'order-failed', variables: { number, reason } };
    case 'shipped':
      return { kind: 'order-shipped', variables: { number, items: lines } };
    case 'delivered':
      return { kind: 'order-delivered', variables: { number } };
    case 'cancelled':
      return { kind: 'order-cancelled', variables: { number, reason } };
    case 'pending':
    case 'processing':
      return null;
  }
}

/** Each refund is told, so that several of one order are not taken for one. */
export function noticeOfRefund(
  refund: PayloadOf<typeof PaymentEvents.refunded>,
  number: string | null,
): Notice {
  const { userId, orderId, refundId, amount, reason } = refund;
  return {
    userId,
    orderId,
    occasion: refundId,
    message: { kind: 'payment-refunded', variables: { number, amount, reason } },
  };
}

export function noticeOfRegistration({ userId }: PayloadOf<typeof UserEvents.registered>): Notice {
  return { userId, orderId: null, occasion: userId, message: { kind: 'welcome', variables: {} } };
}
