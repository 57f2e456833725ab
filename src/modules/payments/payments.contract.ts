import { z } from 'zod';
import { type ClientOf, defineApi, defineEvents, event, rpc } from '../../common/messaging/contract.js';
import { MoneySchema } from '../../common/money.js';
import { IdSchema } from '../../common/schemas.js';

export const PaymentMethodSchema = z.enum(['card']).meta({ example: 'card' });
export const PaymentStatusSchema = z.enum([
  'pending',
  'captured',
  'declined',
  'unknown',
  'refunded',
  'partially_refunded',
]);
/** A token of the payment provider that stands for a card. A secret: never logged, forgotten once used. */
export const PaymentTokenSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,200}$/, 'must be a token of the payment provider')
  .meta({ example: 'tok_visa' });

export const PaymentsApi = defineApi('payments', {
  /**
   * Takes the payment of an order, once however often it is asked. Records the attempt, calls the gateway under
   * the attempt's key, records the outcome. An outcome that cannot be learnt in time is OutcomeUnknown: ask again.
   */
  charge: rpc({
    input: z.object({
      orderId: IdSchema,
      userId: IdSchema,
      amount: MoneySchema,
      method: PaymentMethodSchema,
      token: PaymentTokenSchema,
    }),
    output: z.object({ paymentId: IdSchema, status: z.literal('captured') }),
    errors: ['PAYMENT.DECLINED', 'PAYMENT.INVALID_TOKEN', 'PAYMENT.CANCELLED', 'PAYMENT.GATEWAY_UNAVAILABLE'],
    idempotent: true,
  }),
  /**
   * Sees to it that nothing is kept for an order: refunds what was captured, voids what may be under way, and
   * refuses a charge still on its way. Done only when the gateway has confirmed it; else OutcomeUnknown.
   */
  cancel: rpc({
    input: z.object({ orderId: IdSchema, reason: z.string().max(200) }),
    output: z.object({
      orderId: IdSchema,
      paymentId: IdSchema.nullable(),
      status: PaymentStatusSchema.nullable(),
    }),
    errors: [],
    idempotent: true,
  }),
});
export type PaymentsApi = ClientOf<typeof PaymentsApi>;

const Payment = z.object({ paymentId: IdSchema, orderId: IdSchema, userId: IdSchema, amount: MoneySchema });

export const PaymentEvents = defineEvents('payments', {
  captured: event({ payload: Payment, key: ({ orderId }) => orderId }),
  declined: event({ payload: Payment.extend({ reason: z.string() }), key: ({ orderId }) => orderId }),
  /** `amount` is this refund, `refunded` all refunds so far, `captured` what had been taken. */
  refunded: event({
    payload: Payment.extend({
      refundId: IdSchema,
      refunded: MoneySchema,
      captured: MoneySchema,
      reason: z.string().nullable(),
    }),
    key: ({ orderId }) => orderId,
  }),
});
