import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { decodeCursor, type Page, toPage } from '../../../common/http/paging.js';
import { newId } from '../../../common/ids.js';
import { UnitOfWork } from '../../../common/persistence/unit-of-work.js';
import { AuthErrors } from '../../../common/security/auth.errors.js';
import type { Principal } from '../../../common/security/principal.js';
import type { ClientInfo } from '../auth/client.decorator.js';
import { newRefreshToken, refreshTokenHash } from '../auth/refresh-token.js';
import { TokenIssuer } from '../auth/token-issuer.js';
import { Session } from '../persistence/session.entity.js';
import { User } from '../persistence/user.entity.js';
import { UserErrors } from '../users.errors.js';
import type { SessionDto, Tokens } from '../users.schemas.js';
import { SessionEnder } from './session-ender.js';
import { SessionStore } from './session-store.js';

const SessionCursor = z.tuple([z.uuid()]);

/** Sessions from login to end. Each has one refresh token that works, and ends when an older one comes back. */
@Injectable()
export class SessionsService {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: SessionStore,
    private readonly ender: SessionEnder,
    private readonly issuer: TokenIssuer,
  ) {}

  /** Null when the user was suspended or changed the password while it was being checked. */
  async open(user: { id: string; passwordHash: string }, client: ClientInfo): Promise<Tokens | null> {
    const sessionId = newId();
    const refreshToken = newRefreshToken();
    const roles = await this.store.open(this.uow, {
      id: sessionId,
      userId: user.id,
      passwordHash: user.passwordHash,
      ...client,
      refreshTokenHash: refreshTokenHash(refreshToken),
    });
    return roles && this.tokens({ userId: user.id, sessionId, roles }, refreshToken);
  }

  /**
   * A token that was used at most `retrySeconds` ago may come again, as long as its successor has not been used.
   * Throws AUTH.REFRESH_INVALID, REFRESH_EXPIRED, REFRESH_REUSED or SESSION_REVOKED.
   */
  async refresh(presented: string, { retrySeconds = 0 } = {}): Promise<Tokens> {
    const next = newRefreshToken();
    const { rotation, user } = await this.uow.run(async (tx) => {
      const hashes = [refreshTokenHash(presented), refreshTokenHash(next)] as const;
      const judged = await this.store.rotate(tx, ...hashes, retrySeconds);
      if (!judged) throw AuthErrors.REFRESH_INVALID();
      // Behind the lock on the session, so that the roles are those that a later change of them will end.
      const holder = await tx.manager.findOneByOrFail(User, { id: judged.userId });
      return { rotation: judged, user: holder };
    });
    switch (rotation.verdict) {
      case 'reused':
        await this.ender.ended(rotation.userId, [rotation.sessionId]);
        throw AuthErrors.REFRESH_REUSED();
      case 'ended':
        throw AuthErrors.SESSION_REVOKED();
      case 'expired':
        throw AuthErrors.REFRESH_EXPIRED();
      case 'rotate':
        return this.tokens({ userId: user.id, sessionId: rotation.sessionId, roles: user.roles }, next);
    }
  }

  /** Ends the session that a refresh token belongs to, if there is one. */
  async logout(refreshToken: string): Promise<void> {
    const found = await this.store.findByToken(this.uow, refreshTokenHash(refreshToken));
    if (!found) return;
    await this.store.end(this.uow, found.userId, 'logout', { only: found.sessionId });
    await this.ender.ended(found.userId, [found.sessionId]);
  }

  /** Ends one of the user's own sessions. Throws USER.SESSION_NOT_FOUND. */
  async end(userId: string, sessionId: string): Promise<void> {
    const ended = await this.store.end(this.uow, userId, 'ended by its user', { only: sessionId });
    if (ended.length === 0) throw UserErrors.SESSION_NOT_FOUND();
    await this.ender.ended(userId, ended);
  }

  /** The user's open sessions, the latest login first. */
  list(
    { userId, sessionId }: Principal,
    { limit, cursor }: { limit: number; cursor?: string | undefined },
  ): Promise<Page<SessionDto>> {
    const before = cursor === undefined ? null : decodeCursor(cursor, SessionCursor)[0];
    return this.uow.run(async (tx) => {
      const query = tx.manager
        .createQueryBuilder(Session, 'session')
        .where('session.userId = :userId AND session.endedAt IS NULL AND session.expiresAt > now()', {
          userId,
        })
        .orderBy('session.id', 'DESC')
        .limit(limit + 1);
      if (before) query.andWhere('session.id < :before', { before });
      const rows = await query.getMany();
      return toPage(
        rows,
        limit,
        (row) => [row.id],
        (row) => toDto(row, sessionId),
      );
    });
  }

  private async tokens(principal: Principal, refreshToken: string): Promise<Tokens> {
    const accessToken = await this.issuer.issue(principal);
    return { accessToken, refreshToken, expiresIn: this.issuer.lifetime };
  }
}

function toDto(session: Session, current: string): SessionDto {
  return {
    id: session.id,
    createdAt: session.createdAt.toISOString(),
    lastUsedAt: session.lastUsedAt.toISOString(),
    userAgent: session.userAgent,
    address: session.address,
    current: session.id === current,
  };
}
