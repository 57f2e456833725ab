import { Logger } from '@nestjs/common';
import { type AmqpConnectionManager, AmqpConnectionManagerClass } from 'amqp-connection-manager';
import type { Channel, ChannelModel, ConfirmChannel } from 'amqplib';
import type { Socket } from 'node:net';
import { Unavailable } from '../../errors/common.errors.js';
import { atMost } from '../../at-most.js';
import { firstConnection } from './first-connection.js';
import { ReopeningChannel } from './reopening-channel.js';

/** Seconds. A broker that says nothing for two of these is taken for gone. */
const HEARTBEAT = 5;
const RECONNECT = 1;
/** Milliseconds that a connection may take to be made. */
const CONNECT_MS = 5000;
/** Milliseconds for the orderly end of all channels, then of all connections. A stuck broker would take for ever. */
const CLOSE_MS = 1500;
/** Milliseconds after the end of a connection in which its last bytes may still leave. */
const LINGER_MS = 1000;

/**
 * The connections of a process to RabbitMQ: one to publish and one to consume, since the broker stops reading
 * from whoever publishes when it runs out of memory or disk, and acknowledgements must still get through.
 */
export class Broker {
  private readonly log = new Logger('RabbitMQ');
  private readonly publishing: AmqpConnectionManager;
  private readonly consuming: AmqpConnectionManager;
  private readonly channels: ReopeningChannel[] = [];
  private readonly sockets = new Set<Socket>();
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
   * Begins to connect. Resolves when connected, or when the broker is away: then it goes on trying. Rejects with
   * BrokerRefusal when the broker refuses who we are.
   */
  async connect(): Promise<void> {
    await Promise.all([firstConnection(this.publishing), firstConnection(this.consuming)]);
  }

  get connected(): boolean {
    return this.publishing.isConnected() && this.consuming.isConnected();
  }

  /** Whether every channel that somebody has asked for is set up. */
  get complete(): boolean {
    return this.channels.every(({ current }) => current !== null);
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

  /**
   * Runs `work` on a channel of its own. What it has taken and not acknowledged goes back when it is done. Rejects with
   * Unavailable while the broker is away.
   */
  async withChannel<T>(work: (channel: Channel) => Promise<T>): Promise<T> {
    const connection = this.consuming.connection as unknown as ChannelModel | undefined;
    if (!connection || !this.consuming.isConnected()) throw new Unavailable('RabbitMQ cannot be reached');
    const channel = await connection.createChannel();
    // The work hears of it by what it has asked for last.
    channel.on('error', () => undefined);
    try {
      return await work(channel);
    } finally {
      await channel.close().catch(() => undefined);
    }
  }

  /** Ends in bounded time, also when the broker does not answer. */
  async close(): Promise<void> {
    this.closing = true;
    // Channels first: the end of a connection would overtake acknowledgements that are on their way.
    await atMost(CLOSE_MS, Promise.all(this.channels.map((channel) => channel.close())));
    await atMost(CLOSE_MS, Promise.all([this.publishing.close(), this.consuming.close()]));
    for (const socket of this.sockets) socket.destroy(new Error('closed'));
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
    manager.on('connect', ({ connection }) => {
      this.keepSocketOf(connection as unknown as ChannelModel);
      this.noteBack();
    });
    manager.on('connectFailed', ({ err }) => this.noteAway(err));
    manager.on('disconnect', ({ err }) => this.noteAway(err));
    return manager;
  }

  /** amqplib only half closes what has gone silent: the system would hold on to it for a quarter of an hour. */
  private keepSocketOf(connection: ChannelModel): void {
    const { stream } = connection.connection as unknown as { stream: Socket };
    this.sockets.add(stream);
    stream.once('close', () => this.sockets.delete(stream));
    connection.once('close', () => setTimeout(() => stream.destroy(), LINGER_MS).unref());
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

/** An URL in the words of an error may hold the password. */
function withoutAddress(error: unknown): string {
  return (error instanceof Error ? error.message : 'closed').replace(/amqps?:\/\/\S+/g, '…');
}
