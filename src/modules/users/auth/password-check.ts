import { Injectable } from '@nestjs/common';
import { type Attempt, LoginThrottle } from './login-throttle.js';
import { PasswordHasher } from './password-hasher.js';

/** Compares a password, throttled, in the same time whether or not there is such a user. */
@Injectable()
export class PasswordCheck {
  constructor(
    private readonly hasher: PasswordHasher,
    private readonly throttle: LoginThrottle,
  ) {}

  /** `hashed` is null when nobody has the email address. Throws AUTH.TOO_MANY_ATTEMPTS, SERVICE.OVERLOADED. */
  async matches(hashed: string | null, password: string, attempt: Attempt): Promise<boolean> {
    await this.throttle.check(attempt);
    // Once more when the turn has come, or all that wait together would be one burst of guesses.
    const right = await this.hasher.verify(hashed, password, () => this.throttle.check(attempt));
    if (right) await this.throttle.succeeded(attempt);
    else await this.throttle.failed(attempt);
    return right;
  }
}
