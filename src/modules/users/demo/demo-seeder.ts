import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Config } from '../../../common/config/config.js';
import { UnitOfWork } from '../../../common/persistence/unit-of-work.js';
import { PasswordHasher } from '../auth/password-hasher.js';
import { DEMO_PASSWORD, DEMO_USERS } from './demo-users.js';

/** Puts the demo users into an empty store. Safe when two processes start at once. */
@Injectable()
export class DemoSeeder implements OnApplicationBootstrap {
  private readonly log = new Logger('Users');

  constructor(
    private readonly uow: UnitOfWork,
    private readonly hasher: PasswordHasher,
    private readonly config: Config,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (!this.config.seedDemo) return;
    const [anyone] = await this.uow.rows('SELECT 1 FROM users LIMIT 1');
    if (!anyone) await this.seed();
  }

  private async seed(): Promise<void> {
    // One hash for all: they share a password that everybody knows.
    const hash = await this.hasher.hash(DEMO_PASSWORD);
    const users = Object.values(DEMO_USERS);
    const seeded = await this.uow.rows(
      `INSERT INTO users (id, email, name, roles, password_hash)
       SELECT id, email, name, roles, $2 FROM jsonb_to_recordset($1::jsonb) AS u (id uuid, email text, name text, roles text[])
       ON CONFLICT DO NOTHING RETURNING id`,
      [JSON.stringify(users), hash],
    );
    if (seeded.length > 0) this.log.log(`${seeded.length} demo users were made`);
  }
}
