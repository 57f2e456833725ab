import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../../../common/clock.js';
import { decodeCursor, type Page, toPage } from '../../../common/http/paging.js';
import { newId } from '../../../common/ids.js';
import { EventPump } from '../../../common/messaging/event-pump.js';
import { appendEvents, newEvent } from '../../../common/messaging/outbox.js';
import { isUniqueViolation } from '../../../common/persistence/database-errors.js';
import { type Tx, UnitOfWork } from '../../../common/persistence/unit-of-work.js';
import { AuthErrors } from '../../../common/security/auth.errors.js';
import { hasRole, type Principal } from '../../../common/security/principal.js';
import { LoginThrottle } from '../auth/login-throttle.js';
import { weakPassword } from '../auth/login.service.js';
import { PasswordHasher } from '../auth/password-hasher.js';
import { weaknessOf } from '../domain/password-policy.js';
import { endsSessions, leavesNoAdmin } from '../domain/standing.js';
import { User } from '../persistence/user.entity.js';
import { SessionEnder } from '../sessions/session-ender.js';
import { SessionStore } from '../sessions/session-store.js';
import { UserEvents } from '../users.contract.js';
import { UserErrors } from '../users.errors.js';
import { usersRegistered } from '../users.metrics.js';
import type { RegisterBody, UpdateUserBody, UserDto, UsersQuery } from '../users.schemas.js';

const UserCursor = z.tuple([z.uuid()]);

/** Of what is looked for, the longest that the index has: the short ones are in nearly everybody's name. */
const RUNS = 'letter_runs(lower(:q), least(length(lower(:q)), 3))';

/** Accounts: who they are, what they may do. */
@Injectable()
export class UsersService {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly hasher: PasswordHasher,
    private readonly throttle: LoginThrottle,
    private readonly store: SessionStore,
    private readonly ender: SessionEnder,
    private readonly pump: EventPump,
    private readonly clock: Clock,
  ) {}

  /** Throws USER.EMAIL_TAKEN, USER.WEAK_PASSWORD, AUTH.TOO_MANY_ATTEMPTS, SERVICE.OVERLOADED. */
  async register({ email, password, name }: RegisterBody, address: string): Promise<UserDto> {
    const weakness = weaknessOf(password, email);
    if (weakness) throw weakPassword('password', weakness);
    await this.throttle.registering(address);
    const id = newId();
    const registered = newEvent(UserEvents.registered, {
      userId: id,
      name,
      registeredAt: this.clock.now().toISOString(),
    });
    const passwordHash = await this.hasher.hash(password);
    const user = await this.writing(async (tx) => {
      const made = await tx.manager.save(
        tx.manager.create(User, { id, email, name, passwordHash, roles: ['customer'], status: 'active' }),
      );
      await appendEvents(tx, [registered]);
      return made;
    });
    usersRegistered.inc({});
    this.pump.kick();
    return toDto(user);
  }

  /** Throws USER.NOT_FOUND, also about others unless an administrator asks. */
  async get(actor: Principal, id: string): Promise<UserDto> {
    this.requireVisible(actor, id);
    const user = await this.uow.run((tx) => tx.manager.findOneBy(User, { id }));
    if (!user) throw UserErrors.NOT_FOUND();
    return toDto(user);
  }

  /** The newest first; `q` is looked for in email addresses and names. */
  list({ limit, cursor, q }: UsersQuery): Promise<Page<UserDto>> {
    const before = cursor === undefined ? null : decodeCursor(cursor, UserCursor)[0];
    return this.uow.run(async (tx) => {
      const query = tx.manager
        .createQueryBuilder(User, 'user')
        .orderBy('user.id', 'DESC')
        .limit(limit + 1);
      if (before) query.andWhere('user.id < :before', { before });
      // The runs are what the index knows (migration UserSearch). Not LIKE: what people type may hold its wildcards.
      if (q)
        query
          .andWhere(`letter_runs(user.email || E'\\n' || lower(user.name), 1) @> ${RUNS}`, { q })
          .andWhere('(strpos(user.email, lower(:q)) > 0 OR strpos(lower(user.name), lower(:q)) > 0)');
      return toPage(await query.getMany(), limit, (row) => [row.id], toDto);
    });
  }

  /**
   * Users may change their own name and email address, administrators everything of everybody. Ends the user's
   * sessions when roles change or the user is suspended. Throws USER.NOT_FOUND, AUTH.FORBIDDEN, USER.EMAIL_TAKEN,
   * USER.LAST_ADMIN, AUTH.TOO_MANY_ATTEMPTS.
   */
  async update(actor: Principal, id: string, change: UpdateUserBody): Promise<UserDto> {
    this.requireVisible(actor, id);
    if (changesStanding(change) && !hasRole(actor, 'admin')) {
      throw AuthErrors.FORBIDDEN('Only administrators change roles and status');
    }
    // The answer tells whether an address is taken: not to be asked about a whole list of them.
    if (change.email !== undefined && !hasRole(actor, 'admin'))
      await this.throttle.changingEmail(actor.userId);
    const { user, ended } = await this.writing((tx) => this.apply(tx, id, change));
    await this.ender.ended(id, ended);
    return toDto(user);
  }

  private async apply(tx: Tx, id: string, change: UpdateUserBody): Promise<{ user: User; ended: string[] }> {
    const otherAdmins = changesStanding(change) ? await this.lockAdmins(tx, id) : 0;
    const user = await tx.manager.findOne(User, { where: { id }, lock: { mode: 'pessimistic_write' } });
    if (!user) throw UserErrors.NOT_FOUND();
    const before = { roles: user.roles, status: user.status };
    const roles = change.roles ? [...new Set(change.roles)] : user.roles;
    tx.manager.merge(User, user, { ...change, roles });
    if (leavesNoAdmin(before, user, otherAdmins)) throw UserErrors.LAST_ADMIN();
    const saved = await tx.manager.save(user);
    const ended = endsSessions(before, user) ? await this.store.end(tx, id, 'roles or status changed') : [];
    return { user: saved, ended };
  }

  /**
   * Locks the user and all active administrators, in one order, and counts the others: of two administrators who
   * dismiss each other at once, the second finds itself the last.
   */
  private async lockAdmins(tx: Tx, id: string): Promise<number> {
    const rows = await tx.rows<{ admin: boolean; id: string }>(
      `SELECT id, status = 'active' AND 'admin' = ANY (roles) AS admin FROM users
       WHERE id = $1 OR (status = 'active' AND 'admin' = ANY (roles)) ORDER BY id FOR UPDATE`,
      [id],
    );
    return rows.filter((row) => row.admin && row.id !== id).length;
  }

  private async writing<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    try {
      return await this.uow.run(work);
    } catch (error) {
      if (isUniqueViolation(error, 'users_email')) throw UserErrors.EMAIL_TAKEN();
      throw error;
    }
  }

  private requireVisible(actor: Principal, id: string): void {
    if (actor.userId !== id && !hasRole(actor, 'admin')) throw UserErrors.NOT_FOUND();
  }
}

function changesStanding({ roles, status }: UpdateUserBody): boolean {
  return roles !== undefined || status !== undefined;
}

function toDto(user: User): UserDto {
  const { id, email, name, roles, status } = user;
  return { id, email, name, roles, status, createdAt: user.createdAt.toISOString() };
}
