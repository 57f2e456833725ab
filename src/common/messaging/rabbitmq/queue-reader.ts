import type { Channel, ConsumeMessage } from 'amqplib';

/** Milliseconds without a message after which those that are missing are taken to be in somebody else's hands. */
const IDLE_MS = 300;
/** What goes back in one piece: a quorum queue keeps the order of no more than 32. */
const PIECE = 30;

/** Takes messages out of a queue for a while. What is not acknowledged goes back, in its order. */
export class QueueReader {
  private readonly held = new Set<ConsumeMessage['fields']>();

  constructor(
    private readonly channel: Channel,
    private readonly queue: string,
  ) {}

  /** Takes the next messages, at most so many, and tells how many are behind them. Each is read as it arrives. */
  async take<T>(most: number, read: (message: ConsumeMessage) => T): Promise<{ taken: T[]; behind: number }> {
    // With a consumer, since what was fetched one by one goes back in any order.
    const expected = Math.min(most, await this.ready());
    const taken: T[] = [];
    if (expected > 0)
      await this.consume(most, (message) => {
        this.held.add(message.fields);
        return taken.push(read(message)) >= expected;
      });
    return { taken, behind: await this.ready() };
  }

  ack(message: ConsumeMessage): void {
    this.channel.ack(message);
    this.held.delete(message.fields);
  }

  /**
   * Puts back what was not acknowledged. The broker hands acknowledgements on to the queue a few at a time, and
   * forgets the rest when the channel is closed; each question to the queue is answered after those before it.
   */
  async putBack(): Promise<void> {
    for (let i = 0; i < 2; i++) await this.channel.get(this.queue);
    const held = [...this.held];
    for (let last = PIECE - 1; last < held.length; last += PIECE) {
      this.channel.nack({ fields: held[last] } as ConsumeMessage, true);
    }
    this.channel.nackAll(true);
    await this.ready();
  }

  private async ready(): Promise<number> {
    return (await this.channel.checkQueue(this.queue)).messageCount;
  }

  /** Until `take` has enough, or nothing comes any more. */
  private async consume(most: number, take: (message: ConsumeMessage) => boolean): Promise<void> {
    const { channel } = this;
    await channel.prefetch(most);
    let done = (): void => undefined;
    const over = new Promise<void>((resolve) => (done = resolve));
    const timer = setTimeout(done, IDLE_MS);
    const { consumerTag } = await channel.consume(this.queue, (message) => {
      timer.refresh();
      // Null: the queue was deleted.
      if (message === null || take(message)) done();
    });
    channel.once('close', done);
    await over;
    clearTimeout(timer);
    await channel.cancel(consumerTag);
  }
}
