import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { ConfirmChannel, ConsumeMessage } from 'amqplib';
import { Unavailable } from '../../errors/common.errors.js';
import { failpoint } from '../../failpoint.js';
import { isConnectionLoss } from '../../persistence/database-errors.js';
import type { EventEnvelope, Subscriber } from '../contract.js';
import { atMost } from '../../at-most.js';
import { subjectsIn } from '../../telemetry/names.js';
import { runAs, tellAbout } from '../../telemetry/work-context.js';
import { failureReason } from '../failure-reason.js';
import { eventsConsumed } from '../messaging.metrics.js';
import type { Broker } from './broker.js';
import { parseEnvelope } from './envelope.js';
import { DELAYS, deadLetterQueue, delayName, eventsQueue, HEADERS } from './names.js';
import type { Publisher } from './publisher.js';
import { ifOpen, type ReopeningChannel } from './reopening-channel.js';
import { declareTopology } from './topology.js';

/** Deliveries that a process has in hand at a time, for one module. */
const PREFETCH = 100;
/** What waits for something that is away waits 16 s at most: it should be done soon after that is back. */
const LONGEST_WAIT = 5;
/** About a day. What still is not there then may never be. */
const MOST_WAITS = 5400;
/** Milliseconds that the end waits for what is in hand. What is not done by then comes again elsewhere. */
const STOP_MS = 5000;

/** Brings an event to the module's handler; resolves when its effect is committed. */
export type Deliver = (module: string, envelope: EventEnvelope) => Promise<void>;

/**
 * Takes a module's events from its queue. A delivery is acknowledged when its effect is committed. One that fails
 * waits in a delay queue and comes again, so that the ones behind it flow; after `maxAttempts` it goes to the
 * dead-letter queue with its reason.
 */
export class EventConsumer {
  private readonly log = new Logger('EventConsumer');
  private readonly channel: ReopeningChannel;
  private readonly inHand = new Set<Promise<void>>();
  private tag: string | null = null;
  private stopping = false;

  constructor(
    broker: Broker,
    private readonly subscriber: Subscriber,
    private readonly publisher: Publisher,
    private readonly deliver: Deliver,
    private readonly maxAttempts: number,
  ) {
    this.channel = broker.toConsume(
      (channel) => this.consume(channel),
      () => (this.tag = null),
    );
  }

  /** Whether the broker sends us anything: a consumer that it has cancelled only looks alive. */
  get live(): boolean {
    return this.tag !== null && this.channel.current !== null;
  }

  /** Takes no more and waits for what is in hand; the rest goes to other processes. */
  async stop(): Promise<void> {
    this.stopping = true;
    await atMost(STOP_MS, this.finish());
  }

  private async finish(): Promise<void> {
    if (this.tag !== null) await this.channel.current?.cancel(this.tag).catch(() => undefined);
    while (this.inHand.size > 0) await Promise.allSettled(this.inHand);
  }

  private async consume(channel: ConfirmChannel): Promise<void> {
    if (this.stopping) return;
    await declareTopology(channel, [this.subscriber]);
    await channel.prefetch(PREFETCH);
    const { consumerTag } = await channel.consume(eventsQueue(this.subscriber.module), (message) => {
      if (message === null) void this.cancelled(channel);
      else this.take(channel, message);
    });
    this.tag = consumerTag;
  }

  /** The broker has ended the consumer, its queue was deleted for instance. A new channel declares it again. */
  private async cancelled(channel: ConfirmChannel): Promise<void> {
    this.tag = null;
    this.log.warn(`RabbitMQ has cancelled the consumer of ${this.subscriber.module}; it is set up again`);
    await channel.close().catch(() => undefined);
  }

  private take(channel: ConfirmChannel, message: ConsumeMessage): void {
    const giveBack = () => ifOpen(() => channel.nack(message));
    // Already sent to us when we took our leave.
    if (this.stopping) return void giveBack();
    const work = runAs(this.subscriber.module, () => this.handle(message))
      .then((settled) => {
        failpoint(`${this.subscriber.module}.event.handled`);
        // A channel that is gone has given the message back already.
        if (settled) ifOpen(() => channel.ack(message));
      })
      .catch((error: unknown) => {
        this.log.error({ err: error }, 'A delivery could not be settled');
        giveBack(); // The broker counts, and puts it aside in the end.
      })
      .finally(() => this.inHand.delete(work));
    this.inHand.add(work);
  }

  /** True when the broker may forget the message. */
  private async handle(message: ConsumeMessage): Promise<boolean> {
    let envelope: EventEnvelope;
    try {
      envelope = parseEnvelope(message);
      tellAbout({ event_id: envelope.id, ...subjectsIn(envelope.payload) });
    } catch (error) {
      return this.bury(message, null, `not an event: ${failureReason(error)}`);
    }
    try {
      await this.deliver(this.subscriber.module, envelope);
      return true;
    } catch (error) {
      return this.failed(message, envelope, error);
    }
  }

  private failed(message: ConsumeMessage, envelope: EventEnvelope, error: unknown): Promise<boolean> {
    const reason = failureReason(error);
    const what = `${envelope.name} (event ${envelope.id})`;
    // What is away comes back: that is not held against the event, for a day.
    const waits = error instanceof Unavailable || isConnectionLoss(error);
    const attempts = count(message, HEADERS.attempts) + (waits ? 0 : 1);
    const waited = count(message, HEADERS.waits) + (waits ? 1 : 0);
    if (attempts >= this.maxAttempts || waited >= MOST_WAITS) return this.bury(message, envelope, reason);
    const tries = Math.max(attempts, Math.min(waited, LONGEST_WAIT));
    const seconds = DELAYS[Math.min(tries, DELAYS.length) - 1] ?? 1;
    this.log.warn(
      `${this.subscriber.module} could not take in ${what}: ${reason}. It is tried again in ${seconds} s`,
    );
    const headers = { [HEADERS.attempts]: attempts, [HEADERS.waits]: waited, [HEADERS.reason]: reason };
    return this.passOn(message, delayName(seconds), eventsQueue(this.subscriber.module), headers);
  }

  private bury(message: ConsumeMessage, envelope: EventEnvelope | null, reason: string): Promise<boolean> {
    const { module } = this.subscriber;
    const what = envelope ? `${envelope.name} (event ${envelope.id})` : 'a message that is no event';
    // By its name only if it is one of ours: anybody who may publish could invent names.
    const known = this.subscriber.consumes.some(({ name }) => name === envelope?.name);
    eventsConsumed.inc({ event: known && envelope ? envelope.name : 'unknown', outcome: 'dead' });
    this.log.error(
      `${module} could not take in ${what}: ${reason}. Given up: it is in its dead-letter queue`,
    );
    return this.passOn(message, '', deadLetterQueue(module), {
      [HEADERS.attempts]: count(message, HEADERS.attempts) + 1,
      [HEADERS.reason]: reason,
      [HEADERS.diedAt]: new Date().toISOString(),
    });
  }

  /** Until the broker has it elsewhere, we hold it here; a place of ours is taken meanwhile, which slows us down. */
  private async passOn(
    { content, properties }: ConsumeMessage,
    exchange: string,
    routingKey: string,
    headers: Record<string, unknown>,
  ): Promise<boolean> {
    const { messageId, type } = properties as { messageId?: string; type?: string };
    // Not the headers that it came with: by x-death the broker would take a second wait for a circle.
    const options = { headers, type: type ?? '' };
    while (!this.stopping) {
      try {
        await this.publisher.send({
          exchange,
          routingKey,
          body: content,
          messageId: messageId ?? '',
          options,
        });
        return true;
      } catch {
        await sleep(1000);
      }
    }
    return false;
  }
}

function count({ properties }: ConsumeMessage, header: string): number {
  const value: unknown = properties.headers?.[header];
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.floor(value) : 0;
}
