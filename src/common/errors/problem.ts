import { z } from 'zod';
import { TraceIdSchema } from '../schemas.js';
import type { WireError } from './domain-error.js';

/** RFC 9457 problem details, as every error is answered. */
export const ProblemSchema = z
  .object({
    type: z.string().meta({ example: 'urn:waybill:problem:inventory.out-of-stock' }),
    title: z.string(),
    status: z.int().meta({ example: 409 }),
    detail: z.string(),
    instance: z.string().meta({ example: '/api/v1/orders' }),
    code: z.string().meta({ example: 'INVENTORY.OUT_OF_STOCK' }),
    traceId: TraceIdSchema.nullable(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });

export type Problem = z.infer<typeof ProblemSchema>;

/** `INVENTORY.OUT_OF_STOCK` becomes `urn:waybill:problem:inventory.out-of-stock`. */
export function problemOf(error: WireError, instance: string, traceId: string | null): Problem {
  return {
    type: `urn:waybill:problem:${error.code.toLowerCase().replaceAll('_', '-')}`,
    title: error.title,
    status: error.status,
    detail: error.detail,
    instance,
    code: error.code,
    traceId,
    ...(error.errors ? { errors: error.errors } : {}),
  };
}
