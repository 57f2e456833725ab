import { randomUUID } from 'node:crypto';
import type { ConfirmChannel, ConsumeMessage, Message } from 'amqplib';
import { NotSent, OutcomeUnknown } from '../../errors/common.errors.js';
import type { Rpc } from '../contract.js';
import type { Reply } from '../remote-modules.js';
import type { Broker } from './broker.js';
import { callProperties } from './call-message.js';
import { parseBody } from './envelope.js';
import { callsQueue, DIRECT_REPLY_TO } from './names.js';
import type { ReopeningChannel } from './reopening-channel.js';

interface Waiting {
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

  /**
   * Resolves with what the other side answered, a refusal included. Rejects with NotSent when nobody has got the
   * call, with OutcomeUnknown when somebody may have.
   */
  async send({ module, pattern }: Rpc, input: unknown, timeoutMs: number): Promise<Reply> {
    const channel = this.channel.current;
    const { refusal } = this.broker;
    if (refusal !== null || !channel) throw new NotSent(refusal ?? 'RabbitMQ is not set up yet');
    const correlationId = String(++this.sent);
    const body = Buffer.from(JSON.stringify(input));
    const call = { pattern, correlationId, replyTo: DIRECT_REPLY_TO, sender: this.sender, timeoutMs };
    return this.answerTo(correlationId, pattern, timeoutMs, () =>
      channel.publish('', callsQueue(module), body, callProperties(call)),
    );
  }

  private async answerTo(
    id: string,
    pattern: string,
    timeoutMs: number,
    publish: () => void,
  ): Promise<Reply> {
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Reply>((resolve, reject) => {
        this.waiting.set(id, { resolve, reject });
        timer = setTimeout(() => reject(new OutcomeUnknown(`${pattern} did not answer in time`)), timeoutMs);
        publish();
      });
    } finally {
      clearTimeout(timer);
      this.waiting.delete(id);
    }
  }

  private async listen(channel: ConfirmChannel): Promise<void> {
    channel.on('return', ({ properties, fields }: Message) => {
      this.waiting
        .get(String(properties.correlationId))
        ?.reject(new NotSent(`No process answers ${fields.routingKey} at the moment`));
    });
    await channel.consume(DIRECT_REPLY_TO, (message) => message && this.answered(message), { noAck: true });
  }

  private answered({ content, properties }: ConsumeMessage): void {
    const waiting = this.waiting.get(String(properties.correlationId));
    if (!waiting) return; // too late
    try {
      waiting.resolve(parseBody(content) as Reply);
    } catch (error) {
      waiting.reject(new OutcomeUnknown('The answer cannot be read', { cause: error }));
    }
  }

  private loseAll(): void {
    for (const { reject } of this.waiting.values())
      reject(new OutcomeUnknown('The connection to RabbitMQ was lost before the answer came'));
  }
}
