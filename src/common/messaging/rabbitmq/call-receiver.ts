import { Logger } from '@nestjs/common';
import type { ConfirmChannel, ConsumeMessage } from 'amqplib';
import { context } from '@opentelemetry/api';
import { OutcomeUnknown, Unavailable } from '../../errors/common.errors.js';
import type { DomainError } from '../../errors/domain-error.js';
import { failpoint } from '../../failpoint.js';
import { contextFrom, runAs, withWork } from '../../telemetry/work-context.js';
import type { Reply } from '../remote-modules.js';
import { atMost } from '../../at-most.js';
import type { Broker } from './broker.js';
import { type IncomingCall, parseCall } from './call-message.js';
import { Lateness } from './lateness.js';
import { callsQueue, MAX_MESSAGE_BYTES } from './names.js';
import { ifOpen, type ReopeningChannel } from './reopening-channel.js';

/** Calls that a process works on at a time, for one module. */
const PREFETCH = 500;
/** Milliseconds that the end waits for what is in hand: longer than any caller. */
const STOP_MS = 5000;
/** Milliseconds after which a queue that nobody reads is gone, as after a crash of the broker. */
const UNUSED_MS = 10_000;

/** Runs a call of a hosted module. Never rejects. */
export type Serve = (pattern: string, input: unknown) => Promise<Reply>;

/**
 * Answers the calls to one module. Acknowledged once answered: when this process dies, the broker gives a call that
 * it was working on to another, which runs it if it may be run twice.
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
    /** Patterns of calls that must not be run twice. */
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
    await atMost(STOP_MS, this.finish());
  }

  private async finish(): Promise<void> {
    if (this.tag !== null) await this.incoming.current?.cancel(this.tag).catch(() => undefined);
    while (this.inHand.size > 0) await Promise.allSettled(this.inHand);
  }

  private async consume(channel: ConfirmChannel): Promise<void> {
    if (this.stopping) return;
    const queue = callsQueue(this.module);
    // Gone with the last process that answers: then a caller hears at once that nobody does.
    await channel.assertQueue(queue, { durable: true, autoDelete: true, expires: UNUSED_MS });
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
    const work = runAs(this.module, () => this.handle(message))
      .catch((error: unknown) => this.log.error({ err: error }, 'A call could not be answered'))
      // A channel that is gone has given the message back already.
      .then(() => void ifOpen(() => channel.ack(message)))
      .finally(() => this.inHand.delete(work));
    this.inHand.add(work);
  }

  private async handle(message: ConsumeMessage): Promise<void> {
    let call: IncomingCall;
    try {
      call = parseCall(message);
    } catch (error) {
      this.log.warn({ err: error }, 'A message that is no call of ours was dropped');
      return;
    }
    // Somebody had it before, and may have run it.
    const again = message.fields.redelivered && this.once.has(call.pattern);
    const reply = again ? maybeRun(call.pattern) : await this.unlessLate(call);
    failpoint(`${this.module}.call.served`);
    this.answer(call, reply);
  }

  private async unlessLate(call: IncomingCall): Promise<Reply> {
    const { headers, pattern } = call;
    const late = this.lateness.of(headers['x-sender'], headers['x-sent-at']) > headers['x-timeout'];
    return late ? tooLate(pattern) : this.run(call);
  }

  private run({ headers, pattern, input }: IncomingCall): Promise<Reply> {
    const work = {
      module: this.module,
      correlationId: headers['x-correlation'],
      causationId: headers['x-causation'] ?? null,
    };
    return context.with(withWork(contextFrom(headers.traceparent), work), () => this.serve(pattern, input));
  }

  /** Without a channel the answer is lost, and the caller knows no more than before. */
  private answer({ pattern, replyTo, correlationId }: IncomingCall, reply: Reply): void {
    const options = { correlationId, contentType: 'application/json' };
    let body = Buffer.from(JSON.stringify(reply));
    if (body.length > MAX_MESSAGE_BYTES) {
      this.log.error(`${pattern} answered with ${body.length} bytes, more than ${MAX_MESSAGE_BYTES}`);
      body = Buffer.from(
        JSON.stringify(failure(new OutcomeUnknown(`The answer of ${pattern} is too large`))),
      );
    }
    ifOpen(() => this.outgoing.current?.publish('', replyTo, body, options));
  }
}

/** Whoever asked has stopped waiting, or will be told that nothing was done. */
function tooLate(pattern: string): Reply {
  return failure(new Unavailable(`${pattern} came too late and was not run`));
}

function maybeRun(pattern: string): Reply {
  return failure(
    new OutcomeUnknown(`${pattern} was given to a process that is gone, and must not be run twice`),
  );
}

function failure(error: DomainError): Reply {
  return { ok: false, error: error.toWire() };
}
