import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { defineErrors } from '../../src/common/errors/domain-error.js';
import {
  defineApi,
  type HandlersOf,
  type InputOf,
  type OutputOf,
  rpc,
} from '../../src/common/messaging/contract.js';
import { Handles } from '../../src/common/messaging/handler.decorators.js';
import { TimeSchema } from '../../src/common/schemas.js';

export const ParcelErrors = defineErrors('PARCEL', {
  LOST: { status: 409, title: 'The parcel is lost', retryAfter: 7 },
  TOO_HEAVY: { status: 422, title: 'The parcel is too heavy' },
});

/** A contract as a module has it, of a business that Waybill is not in. */
export const ParcelsApi = defineApi('parcels', {
  weigh: rpc({
    input: z.object({ id: z.string().min(1), packedAt: TimeSchema, tags: z.array(z.string()).default([]) }),
    output: z.object({ grams: z.int(), weighedAt: TimeSchema }),
    errors: ['PARCEL.LOST'],
    idempotent: true,
    timeoutMs: 1500,
  }),
  list: rpc({ input: z.object({}), output: z.array(z.string()), errors: [], idempotent: true }),
  forget: rpc({ input: z.object({ id: z.string() }), output: z.void(), errors: [], idempotent: true }),
});

type Weigh = typeof ParcelsApi.calls.weigh;

export const PACKED_AT = '2026-11-20T10:00:00.000Z';

/** Does what a test tells it to. */
@Controller()
export class ParcelsController implements HandlersOf<typeof ParcelsApi> {
  onWeigh: (input: InputOf<Weigh>) => OutputOf<Weigh> | Promise<OutputOf<Weigh>> = () => ({
    grams: 500,
    weighedAt: PACKED_AT,
  });

  @Handles(ParcelsApi.calls.weigh)
  // Not async: what a test throws here is thrown before there is a promise.
  weigh(input: InputOf<Weigh>): Promise<OutputOf<Weigh>> {
    return this.onWeigh(input) as Promise<OutputOf<Weigh>>;
  }

  @Handles(ParcelsApi.calls.list)
  list(): Promise<string[]> {
    return Promise.resolve(['a', 'b']);
  }

  @Handles(ParcelsApi.calls.forget)
  forget(): Promise<void> {
    return Promise.resolve();
  }
}
