import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { newId } from '../ids.js';
import { RedisConnection, type RedisSettings } from './redis-connection.js';
import { RedisListener, type Subscription } from './redis-listener.js';

/** Stands between the sender and what is said. */
const MARK = '\n';

/**
 * What this process has to do with Redis. Nothing here fails and nothing waits longer than the command timeout:
 * once an answer is missing, Redis counts as away, and everybody does without it at once until it answers again.
 */
export class RedisLink implements OnModuleInit, OnApplicationShutdown {
  private readonly log = new Logger('Redis');
  private readonly origin = newId();
  private readonly connection: RedisConnection;
  private readonly listener: RedisListener;
  private readonly returns: (() => void)[] = [];
  private readonly refusals = new Set<string>();
  private state: 'unknown' | 'there' | 'away' | 'closed' = 'unknown';

  constructor(settings: RedisSettings) {
    this.connection = new RedisConnection(settings, {
      answers: () => this.found(),
      isSilent: (why) => this.lost(why),
    });
    this.listener = new RedisListener(settings);
  }

  /** Begins to connect. Waits for nothing: a process starts without Redis too. */
  onModuleInit(): void {
    this.connection.open();
    this.listener.open();
  }

  /** After HTTP has drained. */
  onApplicationShutdown(): void {
    this.state = 'closed';
    this.connection.close();
    this.listener.close();
  }

  /**
   * Gives what `work` gave, or undefined when Redis is away, slow or refuses. Never rejects. Then nobody knows
   * whether it obeyed.
   */
  async ask<T>(work: (redis: Redis) => Promise<T>): Promise<T | undefined> {
    if (this.state !== 'there') return undefined;
    const { redis } = this.connection;
    try {
      if (redis.status !== 'ready' || !redis.stream.writable) throw new Error('the connection was lost');
      return await this.connection.within(work(redis));
    } catch (error) {
      if (isRefusal(error)) this.refused(error);
      else this.lost(error as Error);
      return undefined;
    }
  }

  /** Calls `act` each time Redis is there (again), before anything else is asked of it. */
  whenBack(act: () => void): void {
    this.returns.push(act);
  }

  /** Hears what other processes say under this name, and not what this one does. */
  listen(name: string, { onMessage, ...rest }: Subscription): void {
    this.listener.listen(this.channel(name), {
      ...rest,
      onMessage: (text) => {
        const mark = text.indexOf(MARK);
        if (text.slice(0, mark) !== this.origin) onMessage(text.slice(mark + 1));
      },
    });
  }

  /** To be given to PUBLISH: channel and message. */
  said(name: string, text: string): [channel: string, message: string] {
    return [this.channel(name), `${this.origin}${MARK}${text}`];
  }

  /** Channels are the server's, not the database's: the number keeps two Waybills on one server apart. */
  private channel(name: string): string {
    return `waybill:${this.connection.redis.options.db ?? 0}:${name}`;
  }

  private found(): void {
    if (this.state === 'there' || this.state === 'closed') return;
    if (this.state === 'away') this.log.log('Redis is back');
    this.state = 'there';
    for (const act of this.returns) act();
  }

  private lost({ message }: Error): void {
    if (this.state === 'away' || this.state === 'closed') return;
    this.state = 'away';
    this.log.warn(`Redis is away (${message}): this process goes on by itself. See docs/redis.md`);
  }

  /** It answers, though not as wished: no reason to leave it alone, but somebody should know. */
  private refused({ message }: Error): void {
    const kind = message.split(' ', 1)[0] ?? '';
    if (this.refusals.has(kind)) return;
    this.refusals.add(kind);
    this.log.warn(`Redis refuses commands: ${message}`);
  }
}

function isRefusal(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}
