import { Injectable } from '@nestjs/common';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { AuthErrors } from './auth.errors.js';

/** At most `points` uses of one key in `seconds` from its first. */
export interface RateLimit {
  /** Keeps the keys of different limits apart. */
  name: string;
  points: number;
  seconds: number;
}

/** Counts how often something is done. Whoever does it too often gets AUTH.TOO_MANY_ATTEMPTS with a Retry-After. */
export abstract class RateLimits {
  /** Throws when the key has nothing left; counts nothing. */
  abstract check(limit: RateLimit, key: string): Promise<void>;

  /** Counts one use; throws when it is one too many. */
  abstract consume(limit: RateLimit, key: string): Promise<void>;

  /** Forgets what was counted. */
  abstract reset(limit: RateLimit, key: string): Promise<void>;
}

/**
 * Counters of this process alone. Each key costs memory until its time is over, so count only what costs the
 * caller something too: a connection from an address of its own, a password that was hashed.
 */
@Injectable()
export class MemoryRateLimits extends RateLimits {
  private readonly limiters = new Map<string, RateLimiterMemory>();

  async check(limit: RateLimit, key: string): Promise<void> {
    const state = await this.limiter(limit).get(key);
    if (state && state.consumedPoints >= limit.points) throw tooMany(state);
  }

  async consume(limit: RateLimit, key: string): Promise<void> {
    const state = await this.limiter(limit).penalty(key);
    if (state.consumedPoints > limit.points) throw tooMany(state);
  }

  async reset(limit: RateLimit, key: string): Promise<void> {
    await this.limiter(limit).delete(key);
  }

  private limiter({ name, points, seconds }: RateLimit): RateLimiterMemory {
    const id = `${name}/${points}/${seconds}`;
    const limiter =
      this.limiters.get(id) ?? new RateLimiterMemory({ keyPrefix: name, points, duration: seconds });
    this.limiters.set(id, limiter);
    return limiter;
  }
}

export function tooMany({ msBeforeNext }: RateLimiterRes) {
  const retryAfter = Math.max(1, Math.ceil(msBeforeNext / 1000));
  return AuthErrors.TOO_MANY_ATTEMPTS(`Try again in ${retryAfter} seconds`, { retryAfter });
}
