import { Logger } from '@nestjs/common';
import { type AmqpConnectionManager, AmqpConnectionManagerClass } from 'amqp-connection-manager';
import type { ConfirmChannel } from 'amqplib';
import { ReopeningChannel } from './reopening-channel.js';

/** Seconds. A broker that says nothing for two of these is taken for gone. */
const HEARTBEAT = 5;
const RECONNECT = 1;
/** Milliseconds that a boot waits for the first connection; then it goes on without. */
const FIRST_CONNECTION_MS = 5000;
/** Milliseconds that a connection may take to be made. */
const CONNECT_MS = 5000;

/**
 * The connections of a process to RabbitMQ: one to publish and one to consume, since the broker stops reading
 * from whoever publishes when it runs out of memory or disk, and acknowledgements must still get through.
 */
export class Broker {
  private readonly log = new Logger('RabbitMQ');
  private readonly publishing: AmqpConnectionManager;
  private readonly consuming: AmqpConnectionManager;
  private readonly channels: ReopeningChannel[] = [];
  private blockedBy: string | null = null;
  private away = false;
  private closing = false;

  constructor(url: string, name: string) {
    this.publishing = this.connections(url, `${name} publishing`);
    this.consuming = this.connections(url, `${name} consuming`);
    this.publishing.on('blocked', ({ reason }) => this.blocked(reason));
    this.publishing.on('unblocked', () => this.blocked(null));
    this.publishing.on('disconnect', () => (this.blockedBy = null));
  }

  /**
   * Begins to connect. Resolves when connected, or when the broker is away: then it goes on trying. Rejects when
   * the broker refuses who we are.
   */
  async connect(): Promise<void> {
    const timeout = FIRST_CONNECTION_MS;
    try {
      await Promise.all([this.publishing.connect({ timeout }), this.consuming.connect({ timeout })]);
    } catch (error) {
      if (/ACCESS-REFUSED|ACCESS_REFUSED|403/.test(String(error))) throw new BrokerRefusal();
      this.noteAway(error);
    }
  }

  get connected(): boolean {
    return this.publishing.isConnected() && this.consuming.isConnected();
  }

  /** Why the broker takes no messages at the moment, or null when it does. */
  get refusal(): string | null {
    if (!this.publishing.isConnected()) return 'RabbitMQ cannot be reached';
    return this.blockedBy === null ? null : `RabbitMQ takes no messages (${this.blockedBy})`;
  }

  /** A channel for messages that go out. */
  toPublish(setUp: (channel: ConfirmChannel) => Promise<void>, lost?: () => void): ReopeningChannel {
    return this.channelOn(this.publishing, setUp, lost);
  }

  /** A channel for messages that come in. */
  toConsume(setUp: (channel: ConfirmChannel) => Promise<void>, lost?: () => void): ReopeningChannel {
    return this.channelOn(this.consuming, setUp, lost);
  }

  async close(): Promise<void> {
    this.closing = true;
    await Promise.all(this.channels.map((channel) => channel.close()));
    await Promise.all([this.publishing, this.consuming].map((each) => each.close().catch(() => undefined)));
  }

  private channelOn(
    connections: AmqpConnectionManager,
    setUp: (channel: ConfirmChannel) => Promise<void>,
    lost?: () => void,
  ): ReopeningChannel {
    const failed = (error: unknown) => {
      if (!this.closing && connections.isConnected())
        this.log.warn({ err: error }, 'A channel to RabbitMQ was lost; it is opened again');
    };
    const channel = new ReopeningChannel(connections, setUp, { failed, ...(lost ? { lost } : {}) });
    this.channels.push(channel);
    return channel;
  }

  private connections(url: string, name: string): AmqpConnectionManager {
    const manager = new AmqpConnectionManagerClass([url], {
      heartbeatIntervalInSeconds: HEARTBEAT,
      reconnectTimeInSeconds: RECONNECT,
      connectionOptions: {
        keepAlive: true,
        noDelay: true,
        timeout: CONNECT_MS,
        clientProperties: { connection_name: name },
      },
    });
    manager.on('connect', () => this.noteBack());
    manager.on('connectFailed', ({ err }) => this.noteAway(err));
    manager.on('disconnect', ({ err }) => this.noteAway(err));
    return manager;
  }

  private blocked(reason: string | null): void {
    this.blockedBy = reason;
    if (reason === null) this.log.log('RabbitMQ takes messages again');
    else this.log.warn(`RabbitMQ takes no messages: ${reason}. Events wait in the outbox`);
  }

  private noteAway(error: unknown): void {
    if (this.away || this.closing) return;
    this.away = true;
    this.log.warn({ err: withoutAddress(error) }, 'RabbitMQ is away; it is tried again every second');
  }

  private noteBack(): void {
    if (!this.away || !this.connected) return;
    this.away = false;
    this.log.log('RabbitMQ is back');
  }
}

/** The broker knows neither this user nor this password. */
export class BrokerRefusal extends Error {
  constructor() {
    super(
      'RabbitMQ refuses the user, password or virtual host of RABBITMQ_URL: correct it, or give the user its permissions.',
    );
    this.name = 'BrokerRefusal';
  }
}

/** An URL in the words of an error may hold the password. */
function withoutAddress(error: unknown): string {
  return (error instanceof Error ? error.message : String(error ?? 'closed')).replace(/amqps?:\/\/\S+/g, '…');
}
