/** Everything that Waybill has at the broker, by name. docs/messaging.md shows how it hangs together. */
export const EVENTS_EXCHANGE = 'waybill.events';

/** The events that a module takes in. */
export const eventsQueue = (module: string): string => `waybill.${module}.events`;
/** The events that it could not take in. They wait for a person. */
export const deadLetterQueue = (module: string): string => `waybill.${module}.events.dead`;
/** The calls to a module. It is there as long as some process answers them. */
export const callsQueue = (module: string): string => `waybill.${module}.calls`;

/** Exchange and queue in which deliveries wait so many seconds for their next attempt, of whichever module. */
export const delayName = (seconds: number): string => `waybill.delay.${seconds}s`;
/** Seconds; a delivery waits longer each time it fails. */
export const DELAYS = [1, 2, 4, 8, 16, 32, 64, 128, 256] as const;

/** RabbitMQ's pseudo-queue for answers: no queue to declare, gone with its channel. */
export const DIRECT_REPLY_TO = 'amq.rabbitmq.reply-to';

/** Headers of a delivery that has failed before. */
export const HEADERS = {
  /** How often it failed. */
  attempts: 'x-waybill-attempts',
  /** How often it waited for something that was away; that is not held against it. */
  waits: 'x-waybill-waits',
  /** Why, the last time. */
  reason: 'x-waybill-reason',
  /** When it was given up, RFC 3339 UTC. */
  diedAt: 'x-waybill-died-at',
} as const;

/** Larger messages are none of ours: they are never parsed. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;
