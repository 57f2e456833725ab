import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { GroupCommit } from '../../../common/persistence/group-commit.js';
import { UnitOfWork } from '../../../common/persistence/unit-of-work.js';
import { AuthErrors } from '../../../common/security/auth.errors.js';
import { UserErrors } from '../users.errors.js';

interface Standing {
  status: 'active' | 'suspended';
  /** Sessions that ended while a token of theirs may still live. */
  ended: ReadonlySet<string>;
}

/** Changes made by another process are seen after this at the latest; those of this one at once. */
const CACHE_MS = 2_000;
const MAX_CACHED = 10_000;

/** Whether users may act, asked for every order: concurrent questions share a query, and answers live shortly. */
@Injectable()
export class UserStandings {
  private readonly cache = new LRUCache<string, Standing>({ max: MAX_CACHED, ttl: CACHE_MS });
  private readonly reads: GroupCommit<string, Standing | null>;
  private changes = 0;

  constructor(private readonly uow: UnitOfWork) {
    this.reads = new GroupCommit((ids) => this.read(ids), { module: uow.module, lanes: 2 });
  }

  /** Throws USER.NOT_FOUND, USER.SUSPENDED or AUTH.SESSION_REVOKED. */
  async requireActive(userId: string, sessionId?: string): Promise<void> {
    const id = userId.toLowerCase();
    const standing = this.cache.get(id) ?? (await this.load(id));
    if (!standing) throw UserErrors.NOT_FOUND();
    if (standing.status === 'suspended') throw UserErrors.SUSPENDED();
    if (sessionId !== undefined && standing.ended.has(sessionId)) throw AuthErrors.SESSION_REVOKED();
  }

  /** To be called after each commit that changed a user's status or sessions. */
  forget(userId: string): void {
    this.changes += 1;
    this.cache.delete(userId);
  }

  private async load(userId: string): Promise<Standing | null> {
    const before = this.changes;
    const standing = await this.reads.submit(userId);
    // What was read before a change must not be remembered after it.
    if (standing && before === this.changes) this.cache.set(userId, standing);
    return standing;
  }

  private async read(ids: string[]): Promise<(Standing | null)[]> {
    const rows = await this.uow.rows<{ id: string; status: Standing['status']; ended: string[] }>(
      `SELECT u.id, u.status, ARRAY(
         SELECT s.id::text FROM sessions s WHERE s.user_id = u.id AND s.ended_at > now() - interval '70 minutes'
       ) AS ended
       FROM users u WHERE u.id = ANY ($1::uuid[])`,
      [ids],
    );
    const known = new Map(rows.map(({ id, status, ended }) => [id, { status, ended: new Set(ended) }]));
    return ids.map((id) => known.get(id) ?? null);
  }
}
