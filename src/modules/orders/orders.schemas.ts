import { z } from 'zod';
import { PageQuery, pageOf } from '../../common/http/paging.js';
import { MoneySchema } from '../../common/money.js';
import {
  IdSchema,
  InstantSchema,
  line,
  QuantitySchema,
  SkuSchema,
  TimeSchema,
  TraceIdSchema,
  text,
} from '../../common/schemas.js';
import {
  PaymentMethodSchema,
  PaymentStatusSchema,
  PaymentTokenSchema,
} from '../payments/payments.contract.js';
import { OrderFailureSchema, OrderStatusSchema } from './orders.contract.js';

export const AddressSchema = z
  .strictObject({
    name: line(100).meta({ example: 'Alice Example' }),
    line1: line(200).meta({ example: 'Hauptstraße 1' }),
    line2: line(200)
      .nullish()
      .transform((value) => value ?? null)
      .meta({ example: null }),
    city: line(100).meta({ example: 'Berlin' }),
    postalCode: line(20).meta({ example: '10115' }),
    country: z
      .string()
      .regex(/^[A-Z]{2}$/, 'must be an ISO 3166-1 alpha-2 code such as DE')
      .meta({ example: 'DE' }),
  })
  .meta({ id: 'Address' });

const NoteSchema = text(1000).nullable();

const EXAMPLE = {
  items: [{ sku: 'MUG-001', quantity: 2 }],
  payment: { method: 'card', token: 'tok_visa' },
  shippingAddress: {
    name: 'Alice Example',
    line1: 'Hauptstraße 1',
    line2: null,
    city: 'Berlin',
    postalCode: '10115',
    country: 'DE',
  },
  note: 'Please ring twice',
};

export const PlaceOrderBody = z
  .strictObject({
    items: z
      .array(z.strictObject({ sku: SkuSchema, quantity: QuantitySchema }))
      .min(1)
      .max(100),
    payment: z.strictObject({ method: PaymentMethodSchema, token: PaymentTokenSchema }),
    shippingAddress: AddressSchema,
    note: NoteSchema.optional().transform((value) => value ?? null),
    expectedTotal: MoneySchema.optional().meta({
      description:
        'What the buyer was told that it costs: where it costs something else by now, it is refused',
    }),
  })
  .meta({ id: 'PlaceOrder', example: EXAMPLE });
export type PlaceOrderBody = z.output<typeof PlaceOrderBody>;

export const UpdateOrderBody = z
  .strictObject({
    status: OrderStatusSchema.optional(),
    shippingAddress: AddressSchema.optional(),
    note: NoteSchema.optional(),
    reason: line(200).optional(),
  })
  .refine((body) => Object.keys(body).some((field) => field !== 'reason'), 'must change something')
  .meta({ id: 'UpdateOrder', example: { note: 'Leave it with the neighbour' } });
export type UpdateOrderBody = z.output<typeof UpdateOrderBody>;

export const OrderSchema = z
  .object({
    id: IdSchema,
    number: z.string().meta({ example: 'WB-2026-000123' }),
    userId: IdSchema,
    status: OrderStatusSchema,
    version: z.int(),
    items: z.array(
      z.object({
        sku: SkuSchema,
        name: z.string(),
        quantity: QuantitySchema,
        unitPrice: MoneySchema,
        total: MoneySchema,
      }),
    ),
    total: MoneySchema,
    shippingAddress: z.object({
      name: z.string(),
      line1: z.string(),
      line2: z.string().nullable(),
      city: z.string(),
      postalCode: z.string(),
      country: z.string(),
    }),
    note: z.string().nullable(),
    payment: z.object({ id: IdSchema, status: PaymentStatusSchema }).nullable(),
    failure: OrderFailureSchema.nullable(),
    createdAt: TimeSchema,
    updatedAt: TimeSchema,
  })
  .meta({ id: 'Order' });

export const HistorySchema = pageOf(
  z.object({
    from: OrderStatusSchema.nullable(),
    to: OrderStatusSchema,
    at: TimeSchema,
    by: z.string().meta({ description: 'A user id, or system' }),
    reason: z.string().nullable(),
    traceId: TraceIdSchema.nullable(),
  }),
).meta({ id: 'OrderHistory' });

const statuses = OrderStatusSchema.options.join('|');

export const ListOrdersQuery = PageQuery.extend({
  status: z
    .string()
    .regex(new RegExp(`^(${statuses})(,(${statuses})){0,6}$`), 'must be states separated by commas')
    .optional()
    .meta({ example: 'confirmed,processing' }),
  userId: IdSchema.optional().meta({ description: 'Staff only; everybody else sees their own orders' }),
  createdFrom: InstantSchema.optional(),
  createdTo: InstantSchema.optional(),
  q: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,40}$/, 'must be the start of an order number')
    .optional()
    .meta({ description: 'The start of an order number', example: 'WB-2026' }),
  sort: z.enum(['createdAt', '-createdAt']).default('-createdAt'),
});

export const OrderPageSchema = pageOf(OrderSchema).meta({ id: 'OrderPage' });
