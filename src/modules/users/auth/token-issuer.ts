import { Injectable } from '@nestjs/common';
import { SignJWT } from 'jose';
import { Clock } from '../../../common/clock.js';
import { Config } from '../../../common/config/config.js';
import { newId } from '../../../common/ids.js';
import type { Principal } from '../../../common/security/principal.js';
import { TOKEN_ALGORITHM, TOKEN_TYPE } from '../../../common/security/token-verifier.js';
import { tokensIssued } from '../users.metrics.js';
import { SigningKeys } from './signing-keys.js';

/** Signs access tokens: short-lived JWTs that any process verifies by itself. */
@Injectable()
export class TokenIssuer {
  constructor(
    private readonly keys: SigningKeys,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** Life of an access token in seconds. */
  get lifetime(): number {
    return this.config.accessTokenSeconds;
  }

  async issue({ userId, sessionId, roles }: Principal): Promise<string> {
    const { kid, key } = this.keys.current();
    const now = Math.floor(this.clock.now().getTime() / 1000);
    const token = await new SignJWT({ sid: sessionId, roles: [...roles] })
      .setProtectedHeader({ alg: TOKEN_ALGORITHM, kid, typ: TOKEN_TYPE })
      .setSubject(userId)
      .setIssuer(this.config.jwtIssuer)
      .setAudience(this.config.jwtAudience)
      .setJti(newId())
      .setIssuedAt(now)
      .setExpirationTime(now + this.lifetime)
      .sign(key);
    tokensIssued.inc({});
    return token;
  }
}
