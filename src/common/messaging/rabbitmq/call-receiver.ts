import { Logger } from '@nestjs/common';
import type { ConfirmChannel, ConsumeMessage } from 'amqplib';
import { context } from '@opentelemetry/api';
import { Unavailable } from '../../errors/common.errors.js';
import { failpoint } from '../../failpoint.js';
import { contextFrom, withWork } from '../../telemetry/work-context.js';
import type { Reply } from '../remote-modules.js';
import type { Broker } from './broker.js';
import { type CallHeaders, parseCallHeaders } from './call-message.js';
import { parseBody } from './envelope.js';
import { Lateness } from './lateness.js';
import { callsQueue } from './names.js';
import type { ReopeningChannel } from './reopening-channel.js';

/** Calls that a process works on at a time, for one module. */
const PREFETCH = 500;

/** Runs a call of a hosted module. Never rejects. */
export type Serve = (pattern: string, input: unknown) => Promise<Reply>;

/**
 * Answers the calls to one module. Acknowledged once answered: when this process dies, the broker gives a call that
 * it was working on to another, which is what calls that may be repeated are for.
 */
export class CallReceiver {
  private readonly log = new Logger('CallReceiver');
  private readonly lateness = new Lateness();
  private readonly incoming: ReopeningChannel;
  private readonly outgoing: ReopeningChannel;
  private readonly inHand = new Set<Promise<void>>();
  private tag: string | null = null;
  private stopping = false;

  constructor(
    broker: Broker,
    private readonly module: string,
    /** Patterns of calls that must not be run twice: forgotten by the broker before they are run. */
    private readonly once: ReadonlySet<string>,
    private readonly serve: Serve,
  ) {
    this.incoming = broker.toConsume(
      (channel) => this.consume(channel),
      () => (this.tag = null),
    );
    this.outgoing = broker.toPublish(() => Promise.resolve());
  }

  get live(): boolean {
    return this.tag !== null && this.incoming.current !== null;
  }

  /** Takes no more and waits for what is in hand; the rest goes to other processes. */
  async stop(): Promise<void> {
    this.stopping = true;
    if (this.tag !== null) await this.incoming.current?.cancel(this.tag).catch(() => undefined);
    while (this.inHand.size > 0) await Promise.allSettled(this.inHand);
  }

  private async consume(channel: ConfirmChannel): Promise<void> {
    if (this.stopping) return;
    const queue = callsQueue(this.module);
    // Gone with the last process that answers: then a caller hears at once that nobody does.
    await channel.assertQueue(queue, { durable: true, autoDelete: true });
    await channel.prefetch(PREFETCH);
    const { consumerTag } = await channel.consume(queue, (message) => {
      if (message === null) void this.cancelled(channel);
      else this.take(channel, message);
    });
    this.tag = consumerTag;
  }

  private async cancelled(channel: ConfirmChannel): Promise<void> {
    this.tag = null;
    this.log.warn(`RabbitMQ has cancelled the consumer of calls to ${this.module}; it is set up again`);
    await channel.close().catch(() => undefined);
  }

  private take(channel: ConfirmChannel, message: ConsumeMessage): void {
    if (this.stopping) return channel.nack(message);
    const runsOnce = this.once.has(String(message.properties.type));
    if (runsOnce) channel.ack(message);
    const work = this.handle(message)
      .then(() => {
        if (!runsOnce && this.incoming.current === channel) channel.ack(message);
      })
      .catch((error: unknown) => this.log.error({ err: error }, 'A call could not be answered'))
      .finally(() => this.inHand.delete(work));
    this.inHand.add(work);
  }

  private async handle({ content, properties }: ConsumeMessage): Promise<void> {
    let headers: CallHeaders;
    let input: unknown;
    try {
      headers = parseCallHeaders(properties.headers);
      input = parseBody(content);
    } catch (error) {
      this.log.warn({ err: error }, 'A message that is no call of ours was dropped');
      return;
    }
    const pattern = String(properties.type);
    const late = this.lateness.of(headers['x-sender'], headers['x-sent-at']) > headers['x-timeout'];
    const reply = late ? tooLate(pattern) : await this.run(headers, pattern, input);
    failpoint(`${this.module}.call.served`);
    this.answer(String(properties.replyTo), String(properties.correlationId), reply);
  }

  private run(headers: CallHeaders, pattern: string, input: unknown): Promise<Reply> {
    const work = {
      module: this.module,
      correlationId: headers['x-correlation'],
      causationId: headers['x-causation'] ?? null,
    };
    return context.with(withWork(contextFrom(headers.traceparent), work), () => this.serve(pattern, input));
  }

  /** Without a channel the answer is lost, and the caller knows no more than before. */
  private answer(replyTo: string, correlationId: string, reply: Reply): void {
    this.outgoing.current?.publish('', replyTo, Buffer.from(JSON.stringify(reply)), {
      correlationId,
      contentType: 'application/json',
    });
  }
}

/** Whoever asked has stopped waiting, or will be told that nothing was done. */
function tooLate(pattern: string): Reply {
  return { ok: false, error: new Unavailable(`${pattern} came too late and was not run`).toWire() };
}
