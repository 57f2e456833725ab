import { z } from 'zod';
import { PageQuery, pageOf } from '../../common/http/paging.js';
import { IdSchema, line, TimeSchema, TraceIdSchema, text } from '../../common/schemas.js';
import { type Channel, KINDS, type Kind } from './domain/kinds.js';
import { ChannelSchema } from './notifications.contract.js';

const StatusSchema = z.enum(['sent', 'failed', 'suppressed']);
const KindSchema = z.enum(KINDS);

/** A notification as it is shown. `template` is `custom` where the text was written by hand. */
export const NotificationSchema = z
  .object({
    id: IdSchema,
    userId: IdSchema,
    orderId: IdSchema.nullable(),
    type: ChannelSchema,
    template: z.string().meta({ example: 'order-confirmed' }),
    subject: z.string(),
    body: z.string(),
    status: StatusSchema,
    createdAt: TimeSchema,
    traceId: TraceIdSchema.nullable(),
  })
  .meta({ id: 'Notification' });
export type NotificationDto = z.infer<typeof NotificationSchema>;

export const NotificationPage = pageOf(NotificationSchema).meta({ id: 'NotificationPage' });

export const ListQuery = PageQuery.extend({
  userId: IdSchema.optional().describe('Of this user; for staff'),
  orderId: IdSchema.optional(),
  type: ChannelSchema.optional(),
  status: StatusSchema.optional(),
});
export type ListQuery = z.infer<typeof ListQuery>;

/** Either a template with its variables, or a subject and a body. */
export const SendBody = z
  .strictObject({
    userId: IdSchema,
    type: ChannelSchema,
    template: KindSchema.optional(),
    variables: z.record(z.string().max(40), z.unknown()).optional().describe('What the template needs'),
    subject: line(200).optional(),
    body: text(10_000, 1).optional(),
    orderId: IdSchema.optional(),
  })
  .superRefine((value, context) => {
    const byTemplate = value.template !== undefined;
    const wrong = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (byTemplate && value.subject !== undefined) wrong('subject', 'not beside a template');
    if (byTemplate && value.body !== undefined) wrong('body', 'not beside a template');
    if (!byTemplate && value.variables !== undefined) wrong('variables', 'only with a template');
    if (!byTemplate && value.subject === undefined) wrong('subject', 'needed unless there is a template');
    if (!byTemplate && value.body === undefined) wrong('body', 'needed unless there is a template');
  })
  .meta({
    example: {
      userId: '0199c0de-0000-7000-8000-000000000001',
      type: 'email',
      template: 'order-delivered',
      variables: { number: 'WB-2026-000001' },
    },
  });
export type SendBody = z.infer<typeof SendBody>;

const Channels = z
  .array(ChannelSchema)
  .max(10)
  .transform((channels): Channel[] => [...new Set(channels)]);
const kindsOf = <T extends z.ZodType>(schema: T) =>
  Object.fromEntries(KINDS.map((kind) => [kind, schema])) as Record<Kind, T>;

/** Replaces all preferences: a kind left out goes back to its default, a phone number left out is forgotten. */
export const PreferencesBody = z
  .strictObject({
    phone: z
      .string()
      .regex(/^\+[1-9]\d{6,14}$/, 'must be an E.164 number such as +4915112345678')
      .nullable()
      .default(null),
    kinds: z.strictObject(kindsOf(Channels.optional())).default({}),
  })
  .meta({
    example: {
      phone: null,
      kinds: { 'order-confirmed': ['email', 'websocket'], 'order-shipped': ['email'] },
    },
  });
export type PreferencesBody = z.infer<typeof PreferencesBody>;

export const PreferencesSchema = z
  .object({ phone: z.string().nullable(), kinds: z.object(kindsOf(z.array(ChannelSchema))) })
  .meta({ id: 'NotificationPreferences' });
export type PreferencesDto = z.infer<typeof PreferencesSchema>;
