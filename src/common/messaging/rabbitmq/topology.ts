import type { Channel } from 'amqplib';
import type { EventType, Subscriber } from '../contract.js';
import { DELAYS, deadLetterQueue, delayName, EVENTS_EXCHANGE, eventsQueue } from './names.js';

/** What leaves a quorum queue for another is only forgotten when it has arrived there. */
const HANDED_ON = { 'x-dead-letter-strategy': 'at-least-once', 'x-overflow': 'reject-publish' };

/** A message that takes its process down with it this often is poison: the broker itself puts it aside. */
export const DELIVERY_LIMIT = 20;

/**
 * Whoever looks at dead letters puts them back, which counts as a delivery, and RabbitMQ 4 drops a message after 20
 * unless told otherwise. Not -1: version 3 takes that for none at all.
 */
const NO_LIMIT = 2_000_000_000;

/**
 * Declares exchanges and queues for all modules there are, hosted or not: an event for a module that has never
 * been started waits for it. Safe to repeat, from any number of processes.
 */
export async function declareTopology(channel: Channel, subscribers: readonly Subscriber[]): Promise<void> {
  await channel.assertExchange(EVENTS_EXCHANGE, 'topic', { durable: true });
  for (const seconds of DELAYS) await declareDelay(channel, seconds);
  for (const { module, consumes } of subscribers) {
    if (consumes.length > 0) await declareSubscriber(channel, module, consumes);
  }
}

/**
 * A message is published to the exchange under the name of the queue that it is meant for. When its time is
 * over, the broker hands it to the default exchange under that same name.
 */
async function declareDelay(channel: Channel, seconds: number): Promise<void> {
  const name = delayName(seconds);
  await channel.assertExchange(name, 'fanout', { durable: true });
  await channel.assertQueue(name, {
    durable: true,
    arguments: {
      'x-queue-type': 'quorum',
      'x-message-ttl': seconds * 1000,
      'x-dead-letter-exchange': '',
      ...HANDED_ON,
    },
  });
  await channel.bindQueue(name, name, '');
}

async function declareSubscriber(
  channel: Channel,
  module: string,
  events: readonly EventType[],
): Promise<void> {
  const dead = deadLetterQueue(module);
  await channel.assertQueue(dead, {
    durable: true,
    arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': NO_LIMIT },
  });
  await channel.assertQueue(eventsQueue(module), {
    durable: true,
    arguments: {
      'x-queue-type': 'quorum',
      'x-delivery-limit': DELIVERY_LIMIT,
      'x-dead-letter-exchange': '',
      'x-dead-letter-routing-key': dead,
      ...HANDED_ON,
    },
  });
  for (const { routingKey } of events) {
    await channel.bindQueue(eventsQueue(module), EVENTS_EXCHANGE, routingKey);
  }
}
