import { randomUUID } from 'node:crypto';
import type { ConfirmChannel, ConsumeMessage, Message } from 'amqplib';
import { NotSent, OutcomeUnknown, Unavailable } from '../../errors/common.errors.js';
import type { Rpc } from '../contract.js';
import type { Reply } from '../remote-modules.js';
import type { Broker } from './broker.js';
import { callProperties, parseReply } from './call-message.js';
import { callsQueue, DIRECT_REPLY_TO, MAX_MESSAGE_BYTES } from './names.js';
import { ifOpen, type ReopeningChannel } from './reopening-channel.js';

interface Waiting {
  module: string;
  resolve: (reply: Reply) => void;
  reject: (error: NotSent | OutcomeUnknown) => void;
}

/**
 * Sends calls and brings their answers back, over RabbitMQ's direct reply-to. Keeps nothing for later: a call that
 * cannot go out now is refused now.
 */
export class CallSender {
  private readonly sender = randomUUID();
  private readonly waiting = new Map<string, Waiting>();
  private readonly channel: ReopeningChannel;
  private sent = 0;

  constructor(private readonly broker: Broker) {
    this.channel = broker.toPublish(
      (channel) => this.listen(channel),
      () => this.loseAll(),
    );
  }

  /** How many calls wait for their answer. */
  get pending(): number {
    return this.waiting.size;
  }

  /**
   * Resolves with what the other side answered, a refusal included. Rejects with NotSent when nobody has got the
   * call, with OutcomeUnknown when somebody may have, with Unavailable when it is too large to be sent at all.
   */
  async send(rpc: Rpc, input: unknown, timeoutMs: number): Promise<Reply> {
    const { module, pattern } = rpc;
    const channel = this.channel.current;
    if (this.broker.refusal !== null || !channel) throw notReached(module);
    const correlationId = String(++this.sent);
    const body = Buffer.from(JSON.stringify(input));
    // Nothing that another attempt would change.
    if (body.length > MAX_MESSAGE_BYTES) throw new Unavailable(`The input of ${pattern} is too large`);
    const call = { pattern, correlationId, replyTo: DIRECT_REPLY_TO, sender: this.sender, timeoutMs };
    return this.answerTo(correlationId, rpc, timeoutMs, () =>
      channel.publish('', callsQueue(module), body, callProperties(call)),
    );
  }

  private async answerTo(id: string, rpc: Rpc, timeoutMs: number, publish: () => void): Promise<Reply> {
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Reply>((resolve, reject) => {
        this.waiting.set(id, { module: rpc.module, resolve, reject });
        const late = `${rpc.pattern} did not answer within ${rpc.timeoutMs} ms`;
        timer = setTimeout(() => reject(new OutcomeUnknown(late)), timeoutMs);
        if (!ifOpen(publish)) reject(notReached(rpc.module));
      });
    } finally {
      clearTimeout(timer);
      this.waiting.delete(id);
    }
  }

  private async listen(channel: ConfirmChannel): Promise<void> {
    // No queue: no process answers calls to this module.
    channel.on('return', ({ properties }: Message) => {
      const waiting = this.waiting.get(String(properties.correlationId));
      waiting?.reject(notReached(waiting.module));
    });
    await channel.consume(DIRECT_REPLY_TO, (message) => message && this.answered(message), { noAck: true });
  }

  private answered({ content, properties }: ConsumeMessage): void {
    const waiting = this.waiting.get(String(properties.correlationId));
    if (!waiting) return; // too late
    try {
      waiting.resolve(parseReply(content));
    } catch {
      // An answer all the same: the transport has not failed, and to ask again would bring the same one.
      waiting.resolve({ ok: false, error: new OutcomeUnknown('The answer cannot be read').toWire() });
    }
  }

  private loseAll(): void {
    for (const { reject } of this.waiting.values())
      reject(new OutcomeUnknown('The connection was lost before the answer came'));
  }
}

/** Customers read this: it names the module, not what is between. The log says more. */
function notReached(module: string): NotSent {
  return new NotSent(`${module} cannot be reached at the moment`);
}
