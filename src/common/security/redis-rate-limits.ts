import { createHash } from 'node:crypto';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import type { RedisLink } from '../redis/redis-link.js';
import { type MemoryRateLimits, type RateLimit, RateLimits, tooMany } from './rate-limits.js';

/**
 * Counters that all processes share. Each process counts what comes to it as well, and goes by that while Redis is
 * away: guessing is not made easy then, and nobody is shut out for what was never counted.
 */
export class RedisRateLimits extends RateLimits {
  private readonly limiters = new Map<string, RateLimiterRedis>();

  constructor(
    private readonly memory: MemoryRateLimits,
    private readonly link: RedisLink,
  ) {
    super();
  }

  async check(limit: RateLimit, key: string): Promise<void> {
    const state = await this.shared(limit, (limiter) => limiter.get(redisKey(key)));
    if (state === undefined) return this.memory.check(limit, key);
    if (state && state.consumedPoints >= limit.points) throw tooMany(state);
  }

  async consume(limit: RateLimit, key: string): Promise<void> {
    const alone = this.memory.consume(limit, key);
    // It may not know that the counter was reset elsewhere: its word counts only where there is no better.
    alone.catch(() => undefined);
    const state = await this.shared(limit, (limiter) => limiter.penalty(redisKey(key)));
    if (state === undefined) return alone;
    if (state.consumedPoints > limit.points) throw tooMany(state);
  }

  async reset(limit: RateLimit, key: string): Promise<void> {
    await this.memory.reset(limit, key);
    await this.shared(limit, (limiter) => limiter.delete(redisKey(key)));
  }

  private shared<T>(
    limit: RateLimit,
    count: (limiter: RateLimiterRedis) => Promise<T>,
  ): Promise<T | undefined> {
    return this.link.ask((redis) => {
      const id = `${limit.name}/${limit.points}/${limit.seconds}`;
      const limiter =
        this.limiters.get(id) ??
        new RateLimiterRedis({
          storeClient: redis,
          keyPrefix: `waybill:limit:${limit.name}`,
          points: limit.points,
          duration: limit.seconds,
        });
      this.limiters.set(id, limiter);
      return count(limiter);
    });
  }
}

/** Keys are email addresses and the like: no reader of Redis, its dumps or its slow log needs to see them. */
function redisKey(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 32);
}
