import { z } from 'zod';
import { type ClientOf, defineApi, defineEvents, event, rpc } from '../../common/messaging/contract.js';
import { IdSchema, QuantitySchema, SkuSchema, TimeSchema } from '../../common/schemas.js';

export const WarehouseSchema = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/, 'must be 1 to 32 of a-z, 0-9 and dash')
  .meta({ example: 'main' });

export const StockLineSchema = z.object({ sku: SkuSchema, quantity: QuantitySchema });
const AllocationSchema = z.object({ sku: SkuSchema, warehouse: WarehouseSchema, quantity: z.int().min(1) });

export const InventoryApi = defineApi('inventory', {
  /**
   * Reserves every line or none, over as many warehouses as it takes, for `ttlSeconds` (else RESERVATION_SECONDS).
   * One reservation an order: asked again, it answers the same, and for other lines it refuses. After a release
   * (also one that came first) it is closed for good.
   */
  reserve: rpc({
    input: z.object({
      orderId: IdSchema,
      lines: z.array(StockLineSchema).min(1).max(100),
      ttlSeconds: z.int().min(1).max(86_400).optional(),
    }),
    output: z.object({ orderId: IdSchema, expiresAt: TimeSchema, allocations: z.array(AllocationSchema) }),
    errors: ['INVENTORY.OUT_OF_STOCK', 'INVENTORY.RESERVATION_CLOSED', 'INVENTORY.RESERVATION_DIFFERS'],
    idempotent: true,
  }),
  /**
   * Gives back what an order holds: frees what is reserved, puts back on the shelf what was committed. With
   * nothing to give back it leaves a tombstone that refuses a reserve still on its way. Never refuses.
   */
  release: rpc({
    input: z.object({ orderId: IdSchema, reason: z.string().max(200) }),
    output: z.object({ orderId: IdSchema }),
    errors: [],
    idempotent: true,
  }),
});
export type InventoryApi = ClientOf<typeof InventoryApi>;

const Reservation = z.object({ orderId: IdSchema, lines: z.array(AllocationSchema) });

export const InventoryEvents = defineEvents('inventory', {
  reserved: event({ payload: Reservation.extend({ expiresAt: TimeSchema }), key: ({ orderId }) => orderId }),
  /** `lost`: a confirmed order's reservation could not be committed, so the order must be cancelled. */
  released: event({
    payload: Reservation.extend({ reason: z.string(), lost: z.boolean() }),
    key: ({ orderId }) => orderId,
  }),
  committed: event({ payload: Reservation, key: ({ orderId }) => orderId }),
  lowStock: event({
    payload: z.object({ sku: SkuSchema, available: z.int(), threshold: z.int() }),
    key: ({ sku }) => sku,
  }),
});
