import { type DynamicModule, Global, Module, type Provider } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AuthGuard } from './auth.guard.js';
import { MemoryRateLimits, RateLimits } from './rate-limits.js';
import { MemoryRevocations, Revocations } from './revocations.js';
import { TokenVerifier } from './token-verifier.js';
import { VerificationKeys } from './verification-keys.js';

export interface SecurityOptions {
  /** Provides KeySource. Asked only when a token is verified, never at boot. */
  keySource: Provider;
  /** Provides Revocations; default in memory. */
  revocations?: Provider;
  /** Provides RateLimits; default in memory. */
  rateLimits?: Provider;
}

/** The guard in front of every route, and what it stands on. Knows tokens, not where their keys come from. */
@Global()
@Module({})
export class SecurityModule {
  static forRoot(options: SecurityOptions): DynamicModule {
    return {
      module: SecurityModule,
      providers: [
        options.keySource,
        options.revocations ?? { provide: Revocations, useClass: MemoryRevocations },
        options.rateLimits ?? { provide: RateLimits, useClass: MemoryRateLimits },
        VerificationKeys,
        TokenVerifier,
        { provide: APP_GUARD, useClass: AuthGuard },
      ],
      exports: [TokenVerifier, Revocations, RateLimits],
    };
  }
}
