import { RedisConnection, type RedisSettings } from './redis-connection.js';

export interface Subscription {
  /** Must not throw, whatever it is given: others may write to Redis too. */
  onMessage: (text: string) => void;
  /** From now on nothing is missed; what was said before is lost. Called again after each time Redis was away. */
  onJoined?: () => void;
}

/** Longer than anything that is said here: whoever sends more is not one of us. */
const MAX_MESSAGE = 256 * 1024;

/** Hears what is published. Needs a connection of its own, since a connection that listens takes no commands. */
export class RedisListener {
  private readonly connection: RedisConnection;
  private readonly subscriptions = new Map<string, Subscription>();

  constructor(settings: RedisSettings) {
    // That Redis is away is told by whoever sends commands.
    this.connection = new RedisConnection(settings, { answers: () => undefined, isSilent: () => undefined });
    const { redis } = this.connection;
    redis.on('ready', () => void this.join([...this.subscriptions.keys()]));
    redis.on('message', (channel, text) => {
      if (text.length <= MAX_MESSAGE) this.subscriptions.get(channel)?.onMessage(text);
    });
  }

  open(): void {
    this.connection.open();
  }

  close(): void {
    this.connection.close();
  }

  listen(channel: string, subscription: Subscription): void {
    this.subscriptions.set(channel, subscription);
    if (this.connection.redis.status === 'ready') void this.join([channel]);
  }

  private async join(channels: string[]): Promise<void> {
    if (channels.length === 0) return;
    const { redis } = this.connection;
    try {
      await this.connection.within(redis.subscribe(...channels));
    } catch {
      // Half deaf is worse than not connected: begin anew.
      if (redis.status === 'ready') redis.disconnect(true);
      return;
    }
    for (const channel of channels) this.subscriptions.get(channel)?.onJoined?.();
  }
}
