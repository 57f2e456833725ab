import { Injectable } from '@nestjs/common';
import { errors, type JWTHeaderParameters, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { Clock } from '../clock.js';
import { Config } from '../config/config.js';
import { DomainError } from '../errors/domain-error.js';
import { AuthErrors } from './auth.errors.js';
import { type Principal, ROLES } from './principal.js';
import { Revocations } from './revocations.js';
import { authValidations } from './security.metrics.js';
import { VerificationKeys } from './verification-keys.js';

/** The one algorithm: nothing in a token may choose another, or none. */
export const TOKEN_ALGORITHM = 'EdDSA';
/** RFC 9068: another kind of token signed with the same key is not an access token. */
export const TOKEN_TYPE = 'at+jwt';

const MAX_TOKEN_LENGTH = 4096;
const MAX_CACHED = 10_000;

const Claims = z.object({
  sub: z.uuid(),
  sid: z.uuid(),
  roles: z.array(z.enum(ROLES)).max(ROLES.length),
  exp: z.number(),
});

export interface VerifiedToken {
  principal: Principal;
  expiresAt: Date;
}

/** Verifies access tokens. A token is checked in full once and remembered until it expires or is pushed out. */
@Injectable()
export class TokenVerifier {
  private readonly verified = new LRUCache<string, VerifiedToken>({ max: MAX_CACHED });

  constructor(
    private readonly keys: VerificationKeys,
    private readonly revocations: Revocations,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /**
   * Throws AUTH.TOKEN_INVALID, AUTH.TOKEN_EXPIRED or AUTH.SESSION_REVOKED, or Unavailable when the keys cannot
   * be had.
   */
  async verify(token: string): Promise<VerifiedToken> {
    try {
      const verified = await this.judge(token);
      authValidations.inc({ result: 'valid' });
      return verified;
    } catch (error) {
      authValidations.inc({ result: resultOf(error) });
      throw error;
    }
  }

  private async judge(token: string): Promise<VerifiedToken> {
    const verified = this.verified.get(token) ?? (await this.check(token));
    if (verified.expiresAt <= this.clock.now()) {
      this.verified.delete(token);
      throw AuthErrors.TOKEN_EXPIRED();
    }
    if (this.revocations.isRevoked(verified.principal.sessionId)) throw AuthErrors.SESSION_REVOKED();
    return verified;
  }

  private async check(token: string): Promise<VerifiedToken> {
    if (token.length > MAX_TOKEN_LENGTH) throw AuthErrors.TOKEN_INVALID();
    const claims = await this.claimsOf(token);
    const verified = {
      principal: { userId: claims.sub, sessionId: claims.sid, roles: claims.roles },
      expiresAt: new Date(claims.exp * 1000),
    };
    this.verified.set(token, verified);
    return verified;
  }

  private async claimsOf(token: string): Promise<z.infer<typeof Claims>> {
    try {
      const { payload } = await jwtVerify(token, (header) => this.keyOf(header), {
        algorithms: [TOKEN_ALGORITHM],
        typ: TOKEN_TYPE,
        issuer: this.config.jwtIssuer,
        audience: this.config.jwtAudience,
        requiredClaims: ['sub', 'exp'],
        currentDate: this.clock.now(),
      });
      return Claims.parse(payload);
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw AuthErrors.TOKEN_EXPIRED();
      // Why it is refused helps only those who forge.
      if (error instanceof errors.JOSEError || error instanceof z.ZodError) throw AuthErrors.TOKEN_INVALID();
      throw error;
    }
  }

  private async keyOf({ kid }: JWTHeaderParameters) {
    const key = typeof kid === 'string' ? await this.keys.find(kid) : undefined;
    if (!key) throw new errors.JWKSNoMatchingKey();
    return key;
  }
}

const RESULTS: Readonly<Record<string, string>> = {
  'AUTH.TOKEN_INVALID': 'invalid',
  'AUTH.TOKEN_EXPIRED': 'expired',
  'AUTH.SESSION_REVOKED': 'revoked',
};

function resultOf(error: unknown): string {
  return (error instanceof DomainError && RESULTS[error.code]) || 'unavailable';
}
