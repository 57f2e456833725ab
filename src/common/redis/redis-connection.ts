import { Redis } from 'ioredis';

export interface RedisSettings {
  /** `redis[s]://user:password@host:port/database`. */
  url: string;
  /** How long an answer may take. */
  commandTimeoutMs: number;
}

/** Who is told how it stands with a connection, as often as it is found out. */
export interface ConnectionWatcher {
  answers(): void;
  /** Its message holds no password. */
  isSilent(why: Error): void;
}

/** Between two looks whether Redis answers. After a failure nobody waits for it again before the next look. */
const PULSE_MS = 2000;
/** After so many looks without an answer the connection is given up: its other end may be long gone. */
const MAX_SILENT = 2;
const LONGEST_RETRY_MS = 1000;
const HANDSHAKE_MS = 2000;
const CLOSING_MS = 500;

/**
 * One connection to Redis, for ever: opened in the background, opened again when it is lost. A command on a lost
 * connection fails at once and is never sent a second time, since it may have been obeyed.
 */
export class RedisConnection {
  readonly redis: Redis;
  private readonly timeoutMs: number;
  private pulse: NodeJS.Timeout | undefined;
  private asking = false;
  private silent = 0;

  constructor(
    { url, commandTimeoutMs }: RedisSettings,
    private readonly watcher: ConnectionWatcher,
  ) {
    this.timeoutMs = commandTimeoutMs;
    this.redis = new Redis(url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      // Ours to do: a subscription of ioredis' own that fails is a rejection that nobody handles.
      autoResubscribe: false,
      // For the handshake and to clear up. Callers have their limit in `within`.
      commandTimeout: commandTimeoutMs + HANDSHAKE_MS,
      connectTimeout: HANDSHAKE_MS,
      disconnectTimeout: CLOSING_MS,
      disableClientInfo: true,
      retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 10), LONGEST_RETRY_MS),
    });
    // Work is what keeps a process alive, not a connection.
    this.redis.on('connect', () => this.redis.stream.unref());
    this.redis.on('ready', () => this.heard());
    this.redis.on('error', (error) => this.watcher.isSilent(error));
    this.redis.on('close', () => this.watcher.isSilent(new Error('the connection was closed')));
  }

  open(): void {
    this.redis.connect().catch(() => undefined);
    this.pulse ??= setInterval(() => void this.look(), PULSE_MS).unref();
  }

  close(): void {
    clearInterval(this.pulse);
    this.redis.disconnect();
  }

  /** Rejects when the answer takes too long. */
  async within<T>(answer: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const giveUp = () => reject(new Error(`no answer within ${this.timeoutMs} ms`));
      // After a stall of our own the answer may be here, unread: sockets are read before the giving up.
      timer = setTimeout(() => setImmediate(giveUp), this.timeoutMs);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  private async look(): Promise<void> {
    if (this.asking || this.redis.status !== 'ready') return;
    this.asking = true;
    try {
      await this.within(this.redis.ping());
      this.heard();
    } catch (error) {
      this.watcher.isSilent(error as Error);
      this.silent += 1;
      if (this.silent >= MAX_SILENT) this.redis.disconnect(true);
    } finally {
      this.asking = false;
    }
  }

  private heard(): void {
    this.silent = 0;
    this.watcher.answers();
  }
}
