import type { ConsumeMessage } from 'amqplib';
import { z } from 'zod';
import type { EventEnvelope } from '../contract.js';
import { MAX_MESSAGE_BYTES } from './names.js';

const EnvelopeSchema = z.object({
  id: z.uuid(),
  name: z.string().min(1).max(200),
  version: z.int().min(1),
  occurredAt: z.iso.datetime(),
  correlationId: z.string().max(200),
  causationId: z.string().max(200).nullable(),
  traceparent: z.string().max(200).nullable(),
  payload: z.unknown(),
});

/** What a message says, as JSON. Throws for one that is too large or no JSON. */
export function parseBody(content: Buffer): unknown {
  if (content.length > MAX_MESSAGE_BYTES) throw new Error(`larger than ${MAX_MESSAGE_BYTES} bytes`);
  try {
    return JSON.parse(content.toString('utf8'));
  } catch {
    // Not V8's words: they quote what may be an address, and end in the log.
    throw new Error('no JSON');
  }
}

/** The event in a message. Throws with the reason when there is none. */
export function parseEnvelope({ content }: Pick<ConsumeMessage, 'content'>): EventEnvelope {
  const parsed = EnvelopeSchema.safeParse(parseBody(content));
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error).replaceAll('\n', ' '));
  return parsed.data as EventEnvelope;
}
