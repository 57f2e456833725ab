import { z } from 'zod';
import { PageQuery, pageOf } from '../../common/http/paging.js';
import { IdSchema, line, SkuSchema, TimeSchema, TraceIdSchema } from '../../common/schemas.js';
import { RESERVATION_STATUSES } from './domain/reservation.js';
import { StockLineSchema, WarehouseSchema } from './inventory.contract.js';

const ReasonSchema = line(200).meta({ example: 'damaged in transport' });

export const StockSchema = z
  .object({
    sku: SkuSchema,
    onHand: z.int(),
    reserved: z.int(),
    available: z.int(),
    lowStockThreshold: z.int(),
    warehouses: z.array(
      z.object({ warehouse: WarehouseSchema, onHand: z.int(), reserved: z.int(), available: z.int() }),
    ),
  })
  .meta({
    id: 'Stock',
    example: {
      sku: 'MUG-001',
      onHand: 40,
      reserved: 3,
      available: 37,
      lowStockThreshold: 10,
      warehouses: [{ warehouse: 'main', onHand: 40, reserved: 3, available: 37 }],
    },
  });
export type StockDto = z.infer<typeof StockSchema>;

export const StockPage = pageOf(StockSchema).meta({ id: 'StockPage' });

/** What anyone may know of the stock of a product. */
export const AvailabilitySchema = z
  .object({ sku: SkuSchema, available: z.int() })
  .meta({ id: 'Availability' });
export const StockOrAvailability = z.union([StockSchema, AvailabilitySchema]);

export const ReservationSchema = z
  .object({
    orderId: IdSchema,
    status: z.enum(RESERVATION_STATUSES),
    expiresAt: TimeSchema.nullable(),
    items: z.array(z.object({ sku: SkuSchema, warehouse: WarehouseSchema, quantity: z.int() })),
  })
  .meta({ id: 'Reservation' });
export type ReservationDto = z.infer<typeof ReservationSchema>;

export const MovementSchema = z
  .object({
    id: IdSchema,
    sku: SkuSchema,
    warehouse: WarehouseSchema,
    kind: z.enum(['received', 'adjusted', 'reserved', 'released', 'committed', 'restocked']),
    onHandDelta: z.int(),
    reservedDelta: z.int(),
    reason: z.string(),
    actor: z.string().meta({ description: 'A user’s id, or system' }),
    orderId: IdSchema.nullable(),
    at: TimeSchema,
    traceId: TraceIdSchema.nullable(),
  })
  .meta({ id: 'StockMovement' });
export type MovementDto = z.infer<typeof MovementSchema>;
export const MovementPage = pageOf(MovementSchema).meta({ id: 'StockMovementPage' });

export const MovementsQuery = PageQuery.extend({
  orderId: IdSchema.optional().meta({ description: 'Only what this order has moved' }),
});
export type MovementFilter = z.infer<typeof MovementsQuery>;

export const StockQuery = PageQuery.extend({
  q: line(64).optional().meta({ description: 'A part of the SKU' }),
  warehouse: WarehouseSchema.optional().meta({ description: 'Only what this warehouse keeps' }),
  lowStock: z
    .enum(['true', 'false'])
    .optional()
    .meta({ description: 'At or under the low-stock threshold, or not' }),
});
export type StockFilter = z.infer<typeof StockQuery>;

export const ReserveBody = z
  .strictObject({
    orderId: IdSchema,
    items: z.array(z.strictObject(StockLineSchema.shape)).min(1).max(100),
    reason: ReasonSchema,
  })
  .meta({
    id: 'ReserveStock',
    example: {
      orderId: '0199c0de-0000-7000-8000-00000000a001',
      items: [{ sku: 'MUG-001', quantity: 2 }],
      reason: 'ordered by phone',
    },
  });
export type ReserveStock = z.infer<typeof ReserveBody>;

export const ReleaseBody = z.strictObject({ orderId: IdSchema, reason: ReasonSchema }).meta({
  id: 'ReleaseStock',
  example: { orderId: '0199c0de-0000-7000-8000-00000000a002', reason: 'customer called it off' },
});
export type ReleaseStock = z.infer<typeof ReleaseBody>;

/** More than anybody moves at once. */
const MAX_DELTA = 1_000_000;

export const AdjustBody = z
  .strictObject({
    sku: SkuSchema,
    warehouse: WarehouseSchema,
    delta: z
      .int()
      .min(-MAX_DELTA)
      .max(MAX_DELTA)
      .refine((delta) => delta !== 0, 'must not be 0'),
    reason: ReasonSchema,
  })
  .meta({
    id: 'AdjustStock',
    example: { sku: 'MUG-001', warehouse: 'main', delta: -2, reason: 'damaged in transport' },
  });
export type AdjustStock = z.infer<typeof AdjustBody>;
