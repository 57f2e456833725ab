import type { Options } from 'amqplib';
import { z } from 'zod';
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

export function parseCallHeaders(headers: unknown): CallHeaders {
  return CallHeadersSchema.parse(headers);
}
