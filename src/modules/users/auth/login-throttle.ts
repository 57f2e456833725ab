import { Injectable } from '@nestjs/common';
import { Config } from '../../../common/config/config.js';
import { clientNetwork } from '../../../common/security/client-network.js';
import { type RateLimit, RateLimits } from '../../../common/security/rate-limits.js';

const QUARTER_HOUR = 900;
const HOUR = 3600;

const EMAIL_CHANGES: RateLimit = { name: 'email-change', points: 20, seconds: HOUR };

/** Who tries a password, and on whose account. */
export interface Attempt {
  email: string;
  address: string;
}

/**
 * Slows down guessing: failures are counted per email address and per client network, successes are not. Every
 * method throws AUTH.TOO_MANY_ATTEMPTS with the seconds to wait.
 */
@Injectable()
export class LoginThrottle {
  private readonly perEmail: RateLimit;
  private readonly perNetwork: RateLimit;
  private readonly registrations: RateLimit;

  constructor(
    private readonly limits: RateLimits,
    config: Config,
  ) {
    this.perEmail = { name: 'login-email', points: config.loginAttempts, seconds: QUARTER_HOUR };
    this.perNetwork = {
      name: 'login-network',
      points: config.loginAttemptsPerAddress,
      seconds: QUARTER_HOUR,
    };
    this.registrations = { name: 'registration', points: config.registrationsPerAddress, seconds: HOUR };
  }

  async check({ email, address }: Attempt): Promise<void> {
    await this.limits.check(this.perNetwork, clientNetwork(address));
    await this.limits.check(this.perEmail, email);
  }

  async failed({ email, address }: Attempt): Promise<void> {
    await this.limits.consume(this.perNetwork, clientNetwork(address));
    await this.limits.consume(this.perEmail, email);
  }

  /** The rightful owner is here. The network's count stays: others may be guessing from it. */
  async succeeded({ email }: Attempt): Promise<void> {
    await this.limits.reset(this.perEmail, email);
  }

  /** Whoever may change an address learns whether the new one is taken. */
  async changingEmail(userId: string): Promise<void> {
    await this.limits.consume(EMAIL_CHANGES, userId);
  }

  async registering(address: string): Promise<void> {
    await this.limits.consume(this.registrations, clientNetwork(address));
  }
}
