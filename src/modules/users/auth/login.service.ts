import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../common/persistence/unit-of-work.js';
import { AuthErrors } from '../../../common/security/auth.errors.js';
import type { Principal } from '../../../common/security/principal.js';
import { SessionEnder } from '../sessions/session-ender.js';
import { SessionStore } from '../sessions/session-store.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { weaknessOf } from '../domain/password-policy.js';
import { UserErrors } from '../users.errors.js';
import { countLogin } from '../users.metrics.js';
import type { ChangePasswordBody, LoginBody, Tokens } from '../users.schemas.js';
import type { ClientInfo } from './client.decorator.js';
import { PasswordCheck } from './password-check.js';
import { PasswordHasher } from './password-hasher.js';

interface Credentials {
  id: string;
  email: string;
  passwordHash: string;
  suspended: boolean;
}

/** What a password opens, and how it is changed. */
@Injectable()
export class LoginService {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly check: PasswordCheck,
    private readonly hasher: PasswordHasher,
    private readonly sessions: SessionsService,
    private readonly store: SessionStore,
    private readonly ender: SessionEnder,
  ) {}

  /**
   * Throws AUTH.INVALID_CREDENTIALS whether the email address or the password is wrong, AUTH.TOO_MANY_ATTEMPTS,
   * SERVICE.OVERLOADED and, to whoever knows the password, USER.SUSPENDED.
   */
  login(body: LoginBody, client: ClientInfo): Promise<Tokens> {
    return countLogin(() => this.open(body, client));
  }

  private async open({ email, password }: LoginBody, client: ClientInfo): Promise<Tokens> {
    const user = await this.find('email', email);
    const right = await this.check.matches(user?.passwordHash ?? null, password, {
      email,
      address: client.address,
    });
    if (!user || !right) throw AuthErrors.INVALID_CREDENTIALS();
    if (user.suspended) throw UserErrors.SUSPENDED();
    const tokens = await this.sessions.open(user, client);
    if (!tokens) throw AuthErrors.INVALID_CREDENTIALS();
    return tokens;
  }

  /** Ends the user's other sessions. Throws USER.WRONG_PASSWORD, USER.WEAK_PASSWORD, AUTH.TOO_MANY_ATTEMPTS. */
  async changePassword(
    who: Principal,
    { currentPassword, newPassword }: ChangePasswordBody,
    client: ClientInfo,
  ): Promise<void> {
    const user = await this.find('id', who.userId);
    if (!user) throw UserErrors.NOT_FOUND();
    const attempt = { email: user.email, address: client.address };
    if (!(await this.check.matches(user.passwordHash, currentPassword, attempt)))
      throw UserErrors.WRONG_PASSWORD();
    const weakness = weaknessOf(newPassword, user.email);
    if (weakness) throw weakPassword('newPassword', weakness);
    const newHash = await this.hasher.hash(newPassword);
    const ended = await this.uow.run(async (tx) => {
      const changed = await tx.rows(
        `UPDATE users SET password_hash = $3, updated_at = now() WHERE id = $1 AND password_hash = $2 RETURNING 1`,
        [user.id, user.passwordHash, newHash],
      );
      // Changed by another request since it was checked.
      if (changed.length === 0) throw UserErrors.WRONG_PASSWORD();
      return this.store.end(tx, user.id, 'password changed', { except: who.sessionId });
    });
    await this.ender.ended(user.id, ended);
  }

  private async find(column: 'id' | 'email', value: string): Promise<Credentials | null> {
    const [row] = await this.uow.rows<{ id: string; email: string; password_hash: string; status: string }>(
      `SELECT id, email, password_hash, status FROM users WHERE ${column} = $1`,
      [value],
    );
    if (!row) return null;
    return {
      id: row.id,
      email: row.email,
      passwordHash: row.password_hash,
      suspended: row.status === 'suspended',
    };
  }
}

/** The refusal of a new password, told as a problem of its field. */
export function weakPassword(path: string, message: string) {
  return UserErrors.WEAK_PASSWORD(`${path}: ${message}`, { errors: [{ path, message }] });
}
