import { type DynamicModule, Global, Module, type Provider } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Clock } from '../clock.js';
import { RedisLink } from '../redis/redis-link.js';
import { AuthGuard } from './auth.guard.js';
import { MemoryRateLimits, RateLimits } from './rate-limits.js';
import { RedisRateLimits } from './redis-rate-limits.js';
import { RedisRevocations } from './redis-revocations.js';
import { RevocationPoll } from './revocation-poll.js';
import { MemoryRevocations, Revocations } from './revocations.js';
import { TokenVerifier } from './token-verifier.js';
import { VerificationKeys } from './verification-keys.js';

export interface SecurityOptions {
  /** Provides KeySource. Asked only when a token is verified, never at boot. */
  keySource: Provider;
  /** Provides RevocationSource. */
  revocationSource: Provider;
}

const REVOCATIONS: Provider = {
  provide: Revocations,
  inject: [MemoryRevocations, RedisLink, Clock],
  useFactory: (memory: MemoryRevocations, link: RedisLink | null, clock: Clock) =>
    link === null ? memory : new RedisRevocations(memory, link, clock),
};

const RATE_LIMITS: Provider = {
  provide: RateLimits,
  inject: [MemoryRateLimits, RedisLink],
  useFactory: (memory: MemoryRateLimits, link: RedisLink | null) =>
    link === null ? memory : new RedisRateLimits(memory, link),
};

/** The guard in front of every route, and what it stands on. Knows tokens, not where their keys come from. */
@Global()
@Module({})
export class SecurityModule {
  static forRoot({ keySource, revocationSource }: SecurityOptions): DynamicModule {
    return {
      module: SecurityModule,
      providers: [
        keySource,
        revocationSource,
        MemoryRevocations,
        REVOCATIONS,
        RevocationPoll,
        MemoryRateLimits,
        RATE_LIMITS,
        VerificationKeys,
        TokenVerifier,
        { provide: APP_GUARD, useClass: AuthGuard },
      ],
      exports: [TokenVerifier, Revocations, RateLimits],
    };
  }
}
