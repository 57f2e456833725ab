import { Injectable } from '@nestjs/common';
import { Config } from '../../../common/config/config.js';
import type { Sql, Tx } from '../../../common/persistence/unit-of-work.js';
import type { Role } from '../../../common/security/principal.js';
import { judgeRefresh, type RefreshVerdict } from '../domain/refresh-rules.js';

export type EndReason =
  | 'logout'
  | 'ended by its user'
  | 'refresh token reused'
  | 'password changed'
  | 'roles or status changed';

export interface NewSession {
  id: string;
  userId: string;
  /** The hash that the password was checked against: changed since, the session is not opened. */
  passwordHash: string;
  userAgent: string | null;
  address: string;
  refreshTokenHash: Buffer;
}

/** An exchange of refresh tokens that was judged. Only `rotate` has written the new one. */
export interface Rotation {
  verdict: RefreshVerdict;
  sessionId: string;
  userId: string;
}

interface FamilyRow {
  id: string;
  user_id: string;
  used: boolean;
  ended: boolean;
  expired: boolean;
}

/** The statements on sessions and their refresh tokens. All times are the database's. */
@Injectable()
export class SessionStore {
  private readonly idleSeconds: number;

  constructor(config: Config) {
    this.idleSeconds = config.refreshTokenSeconds;
  }

  /**
   * Opens a session and gives the user's roles, or null when the user was suspended or changed the password
   * since it was checked: the row is locked against both until the session is there for them to end.
   */
  async open(sql: Sql, session: NewSession): Promise<Role[] | null> {
    const [row] = await sql.rows<{ roles: Role[] }>(
      `WITH holder AS (
         SELECT id, roles FROM users WHERE id = $2 AND status = 'active' AND password_hash = $3 FOR SHARE
       ), opened AS (
         INSERT INTO sessions (id, user_id, user_agent, address, expires_at)
         SELECT $1, id, $4, $5, now() + make_interval(secs => $6) FROM holder RETURNING id
       ), token AS (
         INSERT INTO refresh_tokens (hash, session_id) SELECT $7, id FROM opened
       )
       SELECT roles FROM holder`,
      [
        session.id,
        session.userId,
        session.passwordHash,
        session.userAgent,
        session.address,
        this.idleSeconds,
        session.refreshTokenHash,
      ],
    );
    return row?.roles ?? null;
  }

  /**
   * Exchanges a refresh token for the next one, or ends its session when it was used before: longer ago than
   * `retrySeconds`, or with its successor used since. Null: unknown.
   */
  async rotate(tx: Tx, presented: Buffer, next: Buffer, retrySeconds: number): Promise<Rotation | null> {
    const [family] = await tx.rows<FamilyRow>(
      `SELECT s.id, s.user_id, t.used_at IS NOT NULL AS used, s.ended_at IS NOT NULL AS ended,
              s.expires_at <= now() AS expired
       FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id
       WHERE t.hash = $1 FOR UPDATE`,
      [presented],
    );
    if (!family) return null;
    const retried =
      family.used && retrySeconds > 0 && (await this.isRetry(tx, family.id, presented, retrySeconds));
    const verdict = judgeRefresh({ ...family, retried });
    if (verdict === 'rotate') await this.replaceToken(tx, family.id, presented, next);
    if (verdict === 'reused') await this.end(tx, family.user_id, 'refresh token reused', { only: family.id });
    return { verdict, sessionId: family.id, userId: family.user_id };
  }

  /**
   * Ends a user's open sessions, all of them, `only` one or all `except` one, and gives the ids of those that it
   * ended.
   */
  async end(
    sql: Sql,
    userId: string,
    reason: EndReason,
    which: { only?: string; except?: string } = {},
  ): Promise<string[]> {
    const rows = await sql.rows<{ id: string }>(
      `UPDATE sessions SET ended_at = now(), end_reason = $2
       WHERE user_id = $1 AND ended_at IS NULL
         AND ($3::uuid IS NULL OR id = $3) AND ($4::uuid IS NULL OR id <> $4)
       RETURNING id`,
      [userId, reason, which.only ?? null, which.except ?? null],
    );
    return rows.map((row) => row.id);
  }

  /** The session that a refresh token belongs to, whether or not the token still works. */
  async findByToken(sql: Sql, hash: Buffer): Promise<{ sessionId: string; userId: string } | null> {
    const [row] = await sql.rows<{ id: string; user_id: string }>(
      'SELECT s.id, s.user_id FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id WHERE t.hash = $1',
      [hash],
    );
    return row ? { sessionId: row.id, userId: row.user_id } : null;
  }

  /** The newest sessions ended within the life of an access token, and when the last such token expires. */
  async recentlyEnded(
    sql: Sql,
    tokenSeconds: number,
    limit: number,
  ): Promise<{ sessionId: string; until: Date }[]> {
    const rows = await sql.rows<{ id: string; until: Date }>(
      `SELECT id, ended_at + make_interval(secs => $1) AS until FROM sessions
       WHERE ended_at > now() - make_interval(secs => $1) ORDER BY ended_at DESC LIMIT $2`,
      [tokenSeconds, limit],
    );
    return rows.map((row) => ({ sessionId: row.id, until: row.until }));
  }

  /** Forgets sessions that have been over for a week, and used tokens too old to tell a reuse. Gives how many. */
  async prune(sql: Sql): Promise<number> {
    const sessions = await sql.rows(
      `DELETE FROM sessions WHERE id IN (
         SELECT id FROM sessions
         WHERE ended_at < now() - interval '7 days' OR expires_at < now() - interval '7 days' LIMIT 1000)
       RETURNING 1`,
    );
    const tokens = await sql.rows(
      `DELETE FROM refresh_tokens WHERE hash IN (
         SELECT hash FROM refresh_tokens WHERE used_at < now() - make_interval(secs => $1) LIMIT 1000)
       RETURNING 1`,
      [this.idleSeconds],
    );
    return sessions.length + tokens.length;
  }

  /** Behind the lock on the session, so that no exchange is under way. */
  private async isRetry(tx: Tx, sessionId: string, presented: Buffer, seconds: number): Promise<boolean> {
    const rows = await tx.rows(
      `SELECT 1 FROM refresh_tokens t WHERE hash = $2 AND used_at > clock_timestamp() - make_interval(secs => $3)
         AND NOT EXISTS (SELECT 1 FROM refresh_tokens WHERE session_id = $1 AND used_at > t.used_at)`,
      [sessionId, presented, seconds],
    );
    return rows.length > 0;
  }

  /** In a retry the token whose answer was lost is used up with the presented one, as of the same moment. */
  private async replaceToken(tx: Tx, sessionId: string, presented: Buffer, next: Buffer): Promise<void> {
    await tx.rows(
      `WITH used AS (
         UPDATE refresh_tokens SET used_at = coalesce(
           (SELECT used_at FROM refresh_tokens WHERE hash = $2), clock_timestamp())
         WHERE session_id = $1 AND used_at IS NULL),
            fresh AS (INSERT INTO refresh_tokens (hash, session_id) VALUES ($3, $1))
       UPDATE sessions SET last_used_at = now(), expires_at = now() + make_interval(secs => $4) WHERE id = $1`,
      [sessionId, presented, next, this.idleSeconds],
    );
  }
}
