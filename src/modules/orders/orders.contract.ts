import { z } from 'zod';
import { type ClientOf, defineApi, defineEvents, event, rpc } from '../../common/messaging/contract.js';
import { MoneySchema } from '../../common/money.js';
import { IdSchema, QuantitySchema, SkuSchema, TimeSchema } from '../../common/schemas.js';

export const OrderStatusSchema = z.enum([
  'pending',
  'confirmed',
  'processing',
  'shipped',
  'delivered',
  'failed',
  'cancelled',
]);
export type OrderStatus = z.infer<typeof OrderStatusSchema>;

export const OrdersApi = defineApi('orders', {
  /** Owner, state and total of orders; unknown ids are left out. */
  summaries: rpc({
    input: z.object({ orderIds: z.array(IdSchema).max(1000) }),
    output: z.object({
      orders: z.array(
        z.object({
          orderId: IdSchema,
          userId: IdSchema,
          number: z.string(),
          status: OrderStatusSchema,
          total: MoneySchema,
        }),
      ),
    }),
    errors: [],
    idempotent: true,
  }),
});
export type OrdersApi = ClientOf<typeof OrdersApi>;

export const OrderFailureSchema = z.object({ code: z.string(), detail: z.string() });

/** What every event of an order tells. `version` is the order's after the change: a consumer rejects the stale. */
const OrderChange = z.object({
  orderId: IdSchema,
  number: z.string(),
  userId: IdSchema,
  version: z.int(),
  status: OrderStatusSchema,
  total: MoneySchema,
  items: z.array(
    z.object({
      sku: SkuSchema,
      name: z.string(),
      quantity: QuantitySchema,
      unitPrice: MoneySchema,
      total: MoneySchema,
    }),
  ),
  at: TimeSchema,
  reason: z.string().nullable(),
});
export type OrderChange = z.infer<typeof OrderChange>;

const change = event({ payload: OrderChange, key: ({ orderId }) => orderId });

export const OrderEvents = defineEvents('orders', {
  created: change,
  confirmed: change,
  failed: change,
  processing: change,
  shipped: change,
  delivered: change,
  cancelled: change,
});
