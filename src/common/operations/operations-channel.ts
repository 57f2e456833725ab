import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { readJson } from '../redis/read-json.js';
import type { RedisLink } from '../redis/redis-link.js';
import { MAX_TEXT } from './operations.schemas.js';

/**
 * What processes tell each other for those who watch: in this process at once, to the others through Redis where there
 * is one. May be lost, and is said again a second later.
 */
@Injectable()
export class OperationsChannel {
  private readonly hearers = new Map<string, ((message: unknown) => void)[]>();

  constructor(private readonly link: RedisLink | null) {}

  /** Whether nobody but this process hears and says anything. */
  get alone(): boolean {
    return this.link === null;
  }

  hear<T>(name: string, schema: z.ZodType<T>, hear: (message: T) => void): void {
    const known = this.hearers.get(name) ?? [];
    this.hearers.set(name, [...known, hear as (message: unknown) => void]);
    if (known.length > 0 || this.link === null) return;
    this.link.listen(`operations.${name}`, {
      onMessage: (text) => {
        const message = text.length > MAX_TEXT ? undefined : readJson(schema, text);
        if (message !== undefined) this.deliver(name, message);
      },
    });
  }

  say(name: string, message: object): void {
    this.deliver(name, message);
    const text = JSON.stringify(message);
    const { link } = this;
    if (link === null || text.length > MAX_TEXT) return;
    void link.ask((redis) => redis.publish(...link.said(`operations.${name}`, text)));
  }

  private deliver(name: string, message: unknown): void {
    for (const hear of this.hearers.get(name) ?? []) hear(message);
  }
}
