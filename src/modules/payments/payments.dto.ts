import { z } from 'zod';
import { PageQuery, pageOf } from '../../common/http/paging.js';
import { CurrencySchema, MAX_AMOUNT, MoneySchema, money } from '../../common/money.js';
import { IdSchema, InstantSchema, line, TimeSchema, TraceIdSchema } from '../../common/schemas.js';
import { PaymentMethodSchema, PaymentStatusSchema, PaymentTokenSchema } from './payments.contract.js';
import type { Payment } from './persistence/payment.entity.js';

export const PaymentSchema = z
  .object({
    id: IdSchema,
    orderId: IdSchema,
    amount: MoneySchema,
    refunded: MoneySchema,
    method: PaymentMethodSchema,
    status: PaymentStatusSchema,
    gatewayReference: z.string().nullable().meta({ example: 'ch_6f9b2c1e-4d0a-4b52-9c43-0d9f4f1f8a11' }),
    reason: z.string().nullable().meta({ description: 'Why it was declined or cancelled', example: null }),
    createdAt: TimeSchema,
    updatedAt: TimeSchema,
  })
  .meta({ id: 'Payment' });
export type PaymentDto = z.infer<typeof PaymentSchema>;

/** What was done with a payment: that it was charged, and each refund. */
export const PaymentEntrySchema = z
  .object({
    id: IdSchema.meta({ description: 'Of the payment, or of the refund' }),
    kind: z.enum(['charge', 'refund']),
    amount: MoneySchema,
    status: z.enum([...PaymentStatusSchema.options, 'done', 'failed']),
    reason: z.string().nullable(),
    by: z.string().meta({ description: 'A user id, or system' }),
    createdAt: TimeSchema,
    updatedAt: TimeSchema,
    traceId: TraceIdSchema.nullable(),
  })
  .meta({ id: 'PaymentEntry' });
export type PaymentEntry = z.infer<typeof PaymentEntrySchema>;
export const PaymentHistory = pageOf(PaymentEntrySchema).meta({ id: 'PaymentHistory' });

export const PaymentPage = pageOf(PaymentSchema).meta({ id: 'PaymentPage' });

export const PaymentsOfOrderQuery = PageQuery;
export type PaymentsOfOrderQuery = z.infer<typeof PaymentsOfOrderQuery>;

export const PaymentsQuery = PageQuery.extend({
  status: PaymentStatusSchema.optional(),
  orderId: IdSchema.optional(),
  createdFrom: InstantSchema.optional().meta({ description: 'Created at this time or later' }),
  createdTo: InstantSchema.optional().meta({ description: 'Created before this time' }),
});
export type PaymentsQuery = z.infer<typeof PaymentsQuery>;

/** Nothing cannot be taken, nor given back. */
const SomeMoneySchema = z
  .strictObject({ amount: z.int().min(1).max(MAX_AMOUNT), currency: CurrencySchema })
  .meta({ example: { amount: 4990, currency: 'EUR' } });

export const ChargeBody = z
  .strictObject({
    orderId: IdSchema,
    amount: SomeMoneySchema,
    method: PaymentMethodSchema,
    token: PaymentTokenSchema,
  })
  .meta({
    id: 'ChargeOrder',
    example: {
      orderId: '0199c0de-0000-7000-8000-000000000001',
      amount: { amount: 4990, currency: 'EUR' },
      method: 'card',
      token: 'tok_visa',
    },
  });
export type ChargeBody = z.infer<typeof ChargeBody>;

export const RefundBody = z
  .strictObject({
    amount: SomeMoneySchema.optional().meta({ description: 'Left out: all that is left' }),
    reason: line(200).optional(),
  })
  .meta({
    id: 'RefundPayment',
    example: { amount: { amount: 500, currency: 'EUR' }, reason: 'arrived late' },
  });
export type RefundBody = z.infer<typeof RefundBody>;

export function toDto(payment: Payment): PaymentDto {
  const { id, orderId, amount, refunded, currency, method, status, gatewayReference, reason } = payment;
  return {
    id,
    orderId,
    amount: money(amount, currency),
    refunded: money(refunded, currency),
    method,
    status,
    gatewayReference,
    reason,
    createdAt: payment.createdAt.toISOString(),
    updatedAt: payment.updatedAt.toISOString(),
  };
}
