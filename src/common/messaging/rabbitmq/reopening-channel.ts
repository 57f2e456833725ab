import type { AmqpConnectionManager } from 'amqp-connection-manager';
import { type ChannelModel, type ConfirmChannel, IllegalOperationError } from 'amqplib';

/** Milliseconds until a channel is opened anew that was closed while its connection lives. */
const REOPEN_MS = 1000;

/**
 * A channel that is opened again whenever it was lost, with all that belongs to it. The connection manager's own
 * channels keep messages in memory while the broker is away, and stay closed when only the channel was; here the
 * outbox is the one buffer, and a queue that was deleted under us is declared again.
 */
export class ReopeningChannel {
  private channel: ConfirmChannel | null = null;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;
  private readonly open = ({ connection }: { connection: unknown }) =>
    void this.openOn(connection as ChannelModel);

  /** `setUp` runs on every new channel before anybody may use it; `lost` after each end of one. */
  constructor(
    private readonly connections: AmqpConnectionManager,
    private readonly setUp: (channel: ConfirmChannel) => Promise<void>,
    private readonly events: { lost?: () => void; failed: (error: unknown) => void },
  ) {
    connections.on('connect', this.open);
    const connection = this.connection();
    if (connection) void this.openOn(connection);
  }

  /** Null while the broker is away, or the channel is not set up. */
  get current(): ConfirmChannel | null {
    return this.channel;
  }

  /** Gives up the channel for a new one. */
  async renew(): Promise<void> {
    await this.channel?.close().catch(() => undefined);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    this.connections.removeListener('connect', this.open);
    await this.renew();
  }

  private connection(): ChannelModel | undefined {
    return this.connections.connection as unknown as ChannelModel | undefined;
  }

  private async openOn(connection: ChannelModel): Promise<void> {
    let channel: ConfirmChannel | undefined;
    let ended = false;
    try {
      channel = await connection.createConfirmChannel();
      channel.on('error', (error) => this.events.failed(error));
      channel.once('close', () => {
        ended = true;
        this.ended(channel, connection);
      });
      await this.setUp(channel);
      if (this.closed) await channel.close();
      else if (!ended) this.channel = channel;
    } catch (error) {
      this.events.failed(error);
      // Not waited for: it would never end if the connection did first.
      if (!ended) void channel?.close().catch(() => undefined);
      this.reopenSoon(connection);
    }
  }

  private ended(channel: ConfirmChannel | undefined, connection: ChannelModel): void {
    // One that was never set up may end while its successor already works.
    if (this.channel !== null && this.channel !== channel) return;
    this.channel = null;
    this.events.lost?.();
    this.reopenSoon(connection);
  }

  /** With its connection gone there is nothing to do: the next connection opens a channel. */
  private reopenSoon(connection: ChannelModel): void {
    clearTimeout(this.timer);
    if (this.closed) return;
    this.timer = setTimeout(() => {
      if (!this.closed && !this.channel && this.connection() === connection) void this.openOn(connection);
    }, REOPEN_MS);
    this.timer.unref();
  }
}

/** Does something with a channel that may be gone already. False when it is. */
export function ifOpen(use: () => void): boolean {
  try {
    use();
    return true;
  } catch (error) {
    if (error instanceof IllegalOperationError) return false;
    throw error;
  }
}
