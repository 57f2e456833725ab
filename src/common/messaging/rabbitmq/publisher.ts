import type { Message, Options } from 'amqplib';
import { Unavailable } from '../../errors/common.errors.js';
import type { Subscriber } from '../contract.js';
import type { Broker } from './broker.js';
import { MAX_MESSAGE_BYTES } from './names.js';
import type { ReopeningChannel } from './reopening-channel.js';
import { declareTopology } from './topology.js';

export interface Outgoing {
  /** '' is the default exchange, where the routing key names a queue. */
  exchange: string;
  routingKey: string;
  body: Buffer;
  messageId: string;
  options?: Options.Publish;
}

/**
 * Sends messages that must not be lost: persistent, and acknowledged by the broker once it has them on disk in a
 * queue. One that no queue takes comes back as a failure.
 */
export class Publisher {
  private readonly channel: ReopeningChannel;
  /** Messages under way that no queue took. */
  private readonly returned = new Set<string>();
  private sent = 0;

  constructor(
    private readonly broker: Broker,
    subscribers: readonly Subscriber[],
  ) {
    this.channel = broker.toPublish(
      async (channel) => {
        // A message comes back before it is confirmed.
        channel.on('return', ({ properties }: Message) =>
          this.returned.add(String(properties.correlationId)),
        );
        await declareTopology(channel, subscribers);
      },
      () => this.returned.clear(),
    );
  }

  get ready(): boolean {
    return this.broker.refusal === null && this.channel.current !== null;
  }

  /**
   * Resolves when the broker has it, however long that takes: who sends it again for want of patience only adds to
   * what a slow broker has to do. Rejects with Unavailable when the channel ends before, or nothing can be sent: it
   * may have arrived all the same. A broker that says nothing at all ends the channel, by missed heartbeats.
   */
  async send({ exchange, routingKey, body, messageId, options }: Outgoing): Promise<void> {
    const channel = this.channel.current;
    const refusal = this.broker.refusal;
    if (refusal !== null || !channel) throw new Unavailable(refusal ?? 'RabbitMQ is not set up yet');
    // The broker would close the channel over it, and with it what is under way.
    if (body.length > MAX_MESSAGE_BYTES)
      throw new Error(`${messageId} is larger than ${MAX_MESSAGE_BYTES} bytes`);
    const correlationId = String(++this.sent);
    const kept = { persistent: true, messageId, correlationId, contentType: 'application/json' };
    const taken = await this.taken(correlationId, (done) =>
      channel.publish(exchange, routingKey, body, { mandatory: true, ...options, ...kept }, done),
    );
    if (taken) return;
    // Somebody has deleted the queue: what the next channel declares will be there again.
    void this.channel.renew();
    throw new Unavailable(`No queue takes ${routingKey}`);
  }

  /** Resolves when the broker confirms: false when no queue took the message. */
  private taken(correlationId: string, publish: (done: (error: unknown) => void) => void): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const done = (error: unknown) => {
        if (error) reject(new Unavailable('RabbitMQ did not take the message', { cause: error }));
        // Looked up now: should the channel end next, what came back on it is forgotten.
        else resolve(!this.returned.delete(correlationId));
      };
      try {
        publish(done);
      } catch (error) {
        done(error); // The channel was just lost.
      }
    });
  }
}
