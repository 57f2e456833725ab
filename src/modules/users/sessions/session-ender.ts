import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../../../common/clock.js';
import { UnitOfWork } from '../../../common/persistence/unit-of-work.js';
import { MAX_SESSIONS, Revocations } from '../../../common/security/revocations.js';
import { TokenIssuer } from '../auth/token-issuer.js';
import { UserStandings } from '../accounts/user-standings.js';
import { SessionStore } from './session-store.js';

/** Makes the end of sessions felt at once: by the guard, and by whoever asks whether a user is active. */
@Injectable()
export class SessionEnder implements OnModuleInit {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: SessionStore,
    private readonly revocations: Revocations,
    private readonly standings: UserStandings,
    private readonly issuer: TokenIssuer,
    private readonly clock: Clock,
  ) {}

  /** Revocations kept in memory are lost in a restart; the tokens are not. */
  async onModuleInit(): Promise<void> {
    for (const { sessionId, until } of await this.recent(MAX_SESSIONS))
      await this.revocations.revoke(sessionId, until);
  }

  /** To be called after the commit that ended them, before anybody hears of it. */
  async ended(userId: string, sessionIds: readonly string[]): Promise<void> {
    const until = new Date(this.clock.now().getTime() + this.issuer.lifetime * 1000);
    await Promise.all([
      this.standings.forget(userId),
      ...sessionIds.map((id) => this.revocations.revoke(id, until)),
    ]);
  }

  /** At most `limit` of them, newest first. */
  recent(limit: number): Promise<{ sessionId: string; until: Date }[]> {
    return this.store.recentlyEnded(this.uow, this.issuer.lifetime, limit);
  }
}
