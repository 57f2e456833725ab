import type { ConsumeMessage, Options } from 'amqplib';
import { z } from 'zod';
import type { Reply } from '../remote-modules.js';
import { parseBody } from './envelope.js';
import { DIRECT_REPLY_TO } from './names.js';
import { currentTraceparent, currentWork } from '../../telemetry/work-context.js';

/** What a call carries beside its input. */
const CallHeadersSchema = z.object({
  /** Who sends it: a process, for as long as it lives. */
  'x-sender': z.string().max(100),
  /** When, in milliseconds of the sender's own clock, which begins anywhere. */
  'x-sent-at': z.number(),
  /** Milliseconds from then on in which an answer is of use. */
  'x-timeout': z.number().positive(),
  'x-correlation': z.string().max(200),
  'x-causation': z.string().max(200).optional(),
  traceparent: z.string().max(200).optional(),
});
export type CallHeaders = z.infer<typeof CallHeadersSchema>;

export interface OutgoingCall {
  pattern: string;
  correlationId: string;
  replyTo: string;
  sender: string;
  timeoutMs: number;
}

/**
 * The properties of a call's message. It expires in the queue when its caller has stopped waiting; what expires
 * on the way from there to the handler is for `Lateness` to see.
 */
export function callProperties(call: OutgoingCall): Options.Publish {
  const { pattern, correlationId, replyTo, sender, timeoutMs } = call;
  const work = currentWork();
  const traceparent = currentTraceparent();
  const headers: CallHeaders = {
    'x-sender': sender,
    'x-sent-at': performance.now(),
    'x-timeout': timeoutMs,
    'x-correlation': work.correlationId,
    ...(work.causationId === null ? {} : { 'x-causation': work.causationId }),
    ...(traceparent === null ? {} : { traceparent }),
  };
  return {
    mandatory: true,
    persistent: false,
    type: pattern,
    correlationId,
    replyTo,
    expiration: String(Math.ceil(timeoutMs)),
    contentType: 'application/json',
    headers,
  };
}

/** A call as it arrives. */
export interface IncomingCall {
  pattern: string;
  correlationId: string;
  replyTo: string;
  headers: CallHeaders;
  input: unknown;
}

const CallPropertiesSchema = z.object({
  type: z.string(),
  correlationId: z.string(),
  // An answer goes to whoever called, never into a queue.
  replyTo: z.string().startsWith(DIRECT_REPLY_TO),
  headers: CallHeadersSchema,
});

/** Throws with the reason for what is no call of ours. */
export function parseCall({ content, properties }: ConsumeMessage): IncomingCall {
  const { type, ...rest } = CallPropertiesSchema.parse(properties);
  return { pattern: type, ...rest, input: parseBody(content) };
}

const FieldErrorSchema = z.object({ path: z.string(), message: z.string() });
const ReplySchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), value: z.unknown().optional() }),
  z.object({
    ok: z.literal(false),
    error: z.object({
      code: z.string(),
      status: z.int().min(400).max(599),
      title: z.string(),
      detail: z.string(),
      retryAfter: z.number().optional(),
      errors: z.array(FieldErrorSchema).optional(),
    }),
  }),
]);

/** Throws when the message is no answer of ours. */
export function parseReply(content: Buffer): Reply {
  return ReplySchema.parse(parseBody(content)) as Reply;
}
