import { defineErrors } from '../../common/errors/domain-error.js';

export const PaymentErrors = defineErrors('PAYMENT', {
  NOT_FOUND: { status: 404, title: 'Payment not found' },
  ORDER_NOT_FOUND: { status: 404, title: 'There is no such order to charge' },
  DECLINED: { status: 402, title: 'The payment was declined' },
  INVALID_TOKEN: { status: 402, title: 'The payment provider does not know this token' },
  CANCELLED: { status: 409, title: 'The order was cancelled: nothing may be charged for it' },
  GATEWAY_UNAVAILABLE: {
    status: 503,
    title: 'The payment gateway is unavailable; nothing was charged',
    retryAfter: 5,
  },
  NOT_REFUNDABLE: { status: 409, title: 'This payment holds no money that could be refunded' },
  REFUND_EXCEEDS: { status: 422, title: 'The refund is more than what is left of the payment' },
  REFUND_DECLINED: { status: 409, title: 'The payment gateway refused the refund; nothing was paid back' },
});
