import { randomBytes } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { hash, type Options, verify } from '@node-rs/argon2';
import { BulkheadRejectedError, bulkhead } from 'cockatiel';
import { Config } from '../../../common/config/config.js';
import { ServiceErrors } from '../../../common/errors/common.errors.js';

/** How many may wait for their turn; past it the answer is SERVICE.OVERLOADED. Some seconds' worth of work. */
const MAX_WAITING = 200;

/**
 * argon2id with OWASP's parameters, a few at a time: each takes 19 MiB and tens of milliseconds of a core, and a
 * flood of logins must not take what everybody else needs.
 */
@Injectable()
export class PasswordHasher implements OnModuleInit {
  private readonly options: Options;
  private readonly slots;
  private nobody: Promise<string> | null = null;

  constructor(config: Config) {
    // argon2id is the library's default.
    this.options = {
      memoryCost: config.passwordHashMemoryKib,
      timeCost: 2,
      parallelism: 1,
    };
    this.slots = bulkhead(config.passwordHashConcurrency, MAX_WAITING);
  }

  async onModuleInit(): Promise<void> {
    await this.nobodysHash();
  }

  /** A PHC string with its own salt. Throws SERVICE.OVERLOADED. */
  hash(password: string): Promise<string> {
    return this.inSlot(() => hash(password, this.options));
  }

  /**
   * Compares with a hash, or with nobody's when there is none: it takes as long and is false, so that the time
   * does not tell whether a user exists. `first` runs when the turn has come. Throws SERVICE.OVERLOADED.
   */
  async verify(hashed: string | null, password: string, first: () => Promise<void>): Promise<boolean> {
    const other = hashed ?? (await this.nobodysHash());
    return this.inSlot(async () => {
      await first();
      const same = await verify(other, password);
      return hashed !== null && same;
    });
  }

  private nobodysHash(): Promise<string> {
    this.nobody ??= hash(randomBytes(32), this.options);
    return this.nobody;
  }

  private async inSlot<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.slots.execute(work);
    } catch (error) {
      if (error instanceof BulkheadRejectedError)
        throw ServiceErrors.OVERLOADED('Too many passwords are being checked');
      throw error;
    }
  }
}
