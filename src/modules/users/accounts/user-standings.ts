import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Cache, type CacheKind, NEAR_MS } from '../../../common/cache/cache.js';
import { GroupCommit } from '../../../common/persistence/group-commit.js';
import { array, prepared, UnitOfWork } from '../../../common/persistence/unit-of-work.js';
import { AuthErrors } from '../../../common/security/auth.errors.js';
import { UserStatusSchema } from '../users.contract.js';
import { UserErrors } from '../users.errors.js';

const StandingSchema = z.object({
  status: UserStatusSchema,
  /** Sessions that ended while a token of theirs may still live. */
  ended: z.array(z.string()),
});
type Standing = z.infer<typeof StandingSchema>;

const READ = prepared(`
  SELECT u.id, u.status, ARRAY(
    SELECT s.id::text FROM sessions s WHERE s.user_id = u.id AND s.ended_at > now() - interval '70 minutes'
  ) AS ended
  FROM users u WHERE u.id = ANY (${array('$1', 'uuid')})`);

const STANDINGS: CacheKind<Standing> = {
  name: 'users.standing',
  // It decides who may order.
  shared: false,
  schema: StandingSchema,
  ttlMs: NEAR_MS,
};

/** Whether users may act, asked for every order: concurrent questions share a query, and answers are cached. */
@Injectable()
export class UserStandings {
  private readonly reads: GroupCommit<string, Standing | null>;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly cache: Cache,
  ) {
    this.reads = new GroupCommit((ids) => this.read(ids), {
      name: 'users.read-standings',
      module: uow.module,
      lanes: 2,
    });
  }

  /** Throws USER.NOT_FOUND, USER.SUSPENDED or AUTH.SESSION_REVOKED. */
  async requireActive(userId: string, sessionId?: string): Promise<void> {
    const id = userId.toLowerCase();
    const standing = (await this.cache.get(STANDINGS, id)) ?? (await this.load(id));
    if (!standing) throw UserErrors.NOT_FOUND();
    if (standing.status === 'suspended') throw UserErrors.SUSPENDED();
    if (sessionId !== undefined && standing.ended.includes(sessionId)) throw AuthErrors.SESSION_REVOKED();
  }

  /** To be called after each commit that changed a user's status or sessions. */
  forget(userId: string): Promise<void> {
    return this.cache.delete(STANDINGS, userId);
  }

  private async load(userId: string): Promise<Standing | null> {
    const standing = await this.reads.submit(userId);
    if (standing) this.cache.set(STANDINGS, userId, standing);
    return standing;
  }

  private async read(ids: string[]): Promise<(Standing | null)[]> {
    const rows = await this.uow.rows<Standing & { id: string }>(READ, [ids]);
    const known = new Map(rows.map(({ id, status, ended }) => [id, { status, ended }]));
    return ids.map((id) => known.get(id) ?? null);
  }
}
