import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsumeMessage } from 'amqplib';
import { Unavailable } from '../../errors/common.errors.js';
import { DomainError } from '../../errors/domain-error.js';
import type { Subscriber } from '../contract.js';
import { type DeadLetterList, DeadLetters, type Retried } from '../operations/dead-letters.js';
import type { Broker } from './broker.js';
import { eventIn, letterOf } from './dead-letter.js';
import { deadLetterQueue, eventsQueue } from './names.js';
import type { Publisher } from './publisher.js';
import { QueueReader } from './queue-reader.js';

/** Messages that are taken out at a time. The order of a queue that is no longer than this stays as it is. */
const BATCH = 200;
/** Milliseconds after which a retry answers how far it came. */
const LONGEST_MS = 5000;
/** Milliseconds that a batch waits for the broker to confirm. */
const CONFIRM_MS = 5000;

/**
 * Dead letters in the queue of a module. While somebody looks at them or retries them, they are out of sight for
 * everybody else, who then sees fewer; nothing is lost, and to ask again helps.
 */
export class DeadLetterQueue extends DeadLetters {
  constructor(
    private readonly broker: Broker,
    private readonly publisher: Publisher,
    private readonly subscribers: readonly Subscriber[],
  ) {
    super();
  }

  async list(module: string, limit: number): Promise<DeadLetterList> {
    if (!this.hasQueue(module)) return { letters: [], total: 0 };
    const { taken, behind } = await this.reading(module, (queue) => queue.take(BATCH, letterOf));
    const oldest = taken.toSorted((a, b) => ((a.diedAt ?? '') < (b.diedAt ?? '') ? -1 : 1));
    return { letters: oldest.slice(0, limit), total: taken.length + behind };
  }

  async count(module: string): Promise<number> {
    if (!this.hasQueue(module)) return 0;
    return this.broker.withChannel(
      async (channel) => (await channel.checkQueue(deadLetterQueue(module))).messageCount,
    );
  }

  async retry(module: string, ids: ReadonlySet<string> | null): Promise<Retried> {
    if (!this.hasQueue(module)) return { retried: 0, left: 0 };
    const end = performance.now() + LONGEST_MS;
    return this.reading(module, async (queue) => {
      const sum: Retried = { retried: 0, left: 0 };
      for (;;) {
        const { taken, behind } = await queue.take(BATCH, (message) => message);
        const retried = await this.sendBack(queue, module, taken, ids);
        sum.retried += retried;
        sum.left += taken.length - retried;
        if (behind === 0 || taken.length === 0 || performance.now() > end)
          return { ...sum, left: sum.left + behind };
      }
    });
  }

  /** A module that takes in nothing has no queues. */
  private hasQueue(module: string): boolean {
    return this.subscribers.some((each) => each.module === module && each.consumes.length > 0);
  }

  /** Gives how many were sent. They are acknowledged once they are safe in the other queue; the rest is kept. */
  private async sendBack(
    queue: QueueReader,
    module: string,
    messages: readonly ConsumeMessage[],
    ids: ReadonlySet<string> | null,
  ): Promise<number> {
    const sendings = Promise.allSettled(
      messages.map(async (message) => {
        const event = eventIn(message);
        if (!event || (ids && !ids.has(event.id.toLowerCase()))) return false;
        // Without the headers that it came with: it is tried as if for the first time.
        await this.publisher.send({
          exchange: '',
          routingKey: eventsQueue(module),
          body: message.content,
          messageId: event.id,
          options: { type: event.name },
        });
        queue.ack(message);
        return true;
      }),
    );
    const outcomes = await Promise.race([sendings, unconfirmed()]);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
    return outcomes.filter((outcome) => outcome.status === 'fulfilled' && outcome.value).length;
  }

  /** Runs `work` on the module's dead letters, and puts back what it has taken and not acknowledged. */
  private async reading<T>(module: string, work: (queue: QueueReader) => Promise<T>): Promise<T> {
    try {
      return await this.broker.withChannel(async (channel) => {
        const queue = new QueueReader(channel, deadLetterQueue(module));
        try {
          return await work(queue);
        } finally {
          await queue.putBack();
        }
      });
    } catch (error) {
      if (error instanceof DomainError) throw error;
      throw new Unavailable('The dead letters at RabbitMQ cannot be reached', { cause: error });
    }
  }
}

/** Somebody waits for the answer: what the broker confirms later than this has arrived, and stays a dead letter too. */
async function unconfirmed(): Promise<never> {
  await sleep(CONFIRM_MS, undefined, { ref: false });
  throw new Unavailable('RabbitMQ does not confirm what it was sent');
}
