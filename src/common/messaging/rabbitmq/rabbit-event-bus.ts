import type { EventEnvelope, Subscriber } from '../contract.js';
import { EventBus } from '../event-bus.js';
import { EVENTS_EXCHANGE, eventsQueue } from './names.js';
import type { Publisher } from './publisher.js';

/** Hands events to the broker, which has a queue for each module that takes them in, running or not. */
export class RabbitEventBus extends EventBus {
  private readonly expected: ReadonlySet<string>;

  constructor(
    private readonly publisher: Publisher,
    subscribers: readonly Subscriber[],
  ) {
    super();
    this.expected = new Set(
      subscribers.flatMap(({ consumes }) => consumes.map(({ routingKey }) => routingKey)),
    );
  }

  get ready(): boolean {
    return this.publisher.ready;
  }

  publish(envelope: EventEnvelope): Promise<void> {
    const routingKey = `${envelope.name}.v${envelope.version}`;
    return this.publisher.send({
      exchange: EVENTS_EXCHANGE,
      routingKey,
      body: Buffer.from(JSON.stringify(envelope)),
      messageId: envelope.id,
      // What none of our modules takes in may still be of use to others, and is not missed if there are none.
      options: { mandatory: this.expected.has(routingKey), type: envelope.name },
    });
  }

  publishTo(consumer: string, envelope: EventEnvelope): Promise<void> {
    return this.publisher.send({
      exchange: '',
      routingKey: eventsQueue(consumer),
      body: Buffer.from(JSON.stringify(envelope)),
      messageId: envelope.id,
      options: { type: envelope.name },
    });
  }
}
