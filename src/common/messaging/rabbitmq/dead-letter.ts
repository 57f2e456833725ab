import type { ConsumeMessage } from 'amqplib';
import { z } from 'zod';
import type { EventEnvelope } from '../contract.js';
import type { DeadLetter } from '../operations/dead-letters.js';
import { parseEnvelope } from './envelope.js';
import { HEADERS } from './names.js';
import { DELIVERY_LIMIT } from './topology.js';

const LONGEST_REASON = 1000;

/** What we and the broker note on a message that is given up. Anybody may have put one there. */
const NotesSchema = z.object({
  [HEADERS.attempts]: z.int().min(0).optional().catch(undefined),
  [HEADERS.reason]: z.string().optional().catch(undefined),
  [HEADERS.diedAt]: z.iso.datetime().optional().catch(undefined),
  'x-death': z
    .array(z.object({ reason: z.string(), time: z.object({ value: z.number() }) }))
    .optional()
    .catch(undefined),
});

/** The event in a message, or null when it is none. */
export function eventIn(message: ConsumeMessage): EventEnvelope | null {
  try {
    return parseEnvelope(message);
  } catch {
    return null;
  }
}

/** A message of a dead-letter queue, as people want to see it. */
export function letterOf(message: ConsumeMessage): DeadLetter {
  const notes = NotesSchema.parse(message.properties.headers ?? {});
  const [death] = notes['x-death'] ?? [];
  const event = eventIn(message);
  const attempts = notes[HEADERS.attempts] ?? 0;
  const byBroker = death?.reason === 'delivery_limit';
  const reason = byBroker
    ? `${DELIVERY_LIMIT} times the process died, or lost RabbitMQ, before it was done`
    : (notes[HEADERS.reason] ?? (event ? 'unknown' : 'not an event'));
  return {
    eventId: event?.id ?? null,
    name: event?.name ?? null,
    reason: reason.slice(0, LONGEST_REASON),
    attempts: byBroker ? attempts + DELIVERY_LIMIT : attempts,
    diedAt: notes[HEADERS.diedAt] ?? (death ? new Date(death.time.value * 1000).toISOString() : null),
    keptIn: 'queue',
  };
}
