import { z } from 'zod';
import { PageQuery, pageOf } from '../../http/paging.js';
import { IdSchema, InstantSchema, text, TimeSchema, TraceIdSchema } from '../../schemas.js';

/** Events that one request may name. */
const MAX_IDS = 1000;

const name = z.string().max(50);
export const ModuleNameSchema = name
  .regex(/^[a-z][a-z-]*$/, 'must be the name of a module')
  .meta({ example: 'users' });

const RANGE = {
  name: z
    .string()
    .max(200)
    .regex(/^[a-z][a-z-]*\.[a-z][a-z.-]*$/, 'must be the name of an event, such as users.registered')
    .optional()
    .meta({ description: 'The name of an event', example: 'users.registered' }),
  key: text(200, 1).optional().meta({ description: 'Of what the events tell: the id of an aggregate' }),
  from: InstantSchema.optional().meta({ description: 'The earliest time at which they occurred' }),
  to: InstantSchema.optional().meta({ description: 'The time before which they occurred' }),
};

export const ListEventsQuery = PageQuery.extend({
  ...RANGE,
  state: z.enum(['pending', 'published']).optional(),
});

const LoggedEventSchema = z
  .object({
    id: IdSchema,
    name: z.string(),
    version: z.int(),
    key: z.string(),
    occurredAt: TimeSchema,
    correlationId: z.string(),
    traceId: TraceIdSchema.nullable(),
    publishedAt: TimeSchema.nullable(),
    attempts: z.int(),
  })
  .meta({ id: 'LoggedEvent' });
export const EventPageSchema = pageOf(LoggedEventSchema);

export const WholeEventSchema = z
  .object({
    envelope: z.object({
      id: IdSchema,
      name: z.string(),
      version: z.int(),
      occurredAt: TimeSchema,
      correlationId: z.string(),
      causationId: z.string().nullable(),
      traceparent: z.string().nullable(),
      payload: z.unknown(),
    }),
    key: z.string(),
    publishedAt: TimeSchema.nullable(),
    attempts: z.int(),
  })
  .meta({ id: 'WholeEvent' });

const IdsSchema = z.array(IdSchema).min(1).max(MAX_IDS);

export const ReplayBody = z
  .strictObject({
    consumer: ModuleNameSchema.meta({ description: 'The module that gets them again' }),
    ...RANGE,
    ids: IdsSchema.optional(),
    limit: z.int().min(1).max(10_000).default(10_000),
    cursor: PageQuery.shape.cursor.meta({
      description: 'The nextCursor of the replay that this one goes on with',
    }),
  })
  .refine(
    (body) => [body.from, body.to, body.name, body.key, body.ids].some((bound) => bound !== undefined),
    'must say which: from, to, name, key or ids',
  )
  .meta({ example: { consumer: 'notifications', from: '2026-11-20T10:00:00Z' } });

export const ReplayedSchema = z.object({ events: z.int(), nextCursor: z.string().nullable() });

export const DeadLettersQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(100),
});

const DeadLetterSchema = z
  .object({
    eventId: z.uuid().nullable(),
    name: z.string().nullable(),
    reason: z.string(),
    attempts: z.int(),
    diedAt: TimeSchema.nullable(),
    keptIn: z.enum(['inbox', 'queue']),
  })
  .meta({ id: 'DeadLetter' });
export const DeadLettersSchema = z.object({ data: z.array(DeadLetterSchema), total: z.int() });

export const RetryBody = z.strictObject({ ids: IdsSchema.optional() }).meta({ example: {} });
export const RetriedSchema = z.object({ retried: z.int(), left: z.int() });
