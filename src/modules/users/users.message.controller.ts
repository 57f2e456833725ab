import { Controller } from '@nestjs/common';
import type { HandlersOf, InputOf, OutputOf } from '../../common/messaging/contract.js';
import { Handles } from '../../common/messaging/handler.decorators.js';
import { array, prepared, UnitOfWork } from '../../common/persistence/unit-of-work.js';
import { UserStandings } from './accounts/user-standings.js';
import { SigningKeys } from './auth/signing-keys.js';
import { SessionEnder } from './sessions/session-ender.js';
import { MAX_REVOCATIONS, UsersApi } from './users.contract.js';

const { calls } = UsersApi;

const CONTACTS = prepared(
  `SELECT id AS "userId", email, name FROM users WHERE id = ANY (${array('$1', 'uuid')})`,
);

@Controller()
export class UsersMessageController implements HandlersOf<typeof UsersApi> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly standings: UserStandings,
    private readonly keys: SigningKeys,
    private readonly ender: SessionEnder,
  ) {}

  @Handles(calls.requireActive)
  async requireActive({
    userId,
    sessionId,
  }: InputOf<typeof calls.requireActive>): Promise<OutputOf<typeof calls.requireActive>> {
    await this.standings.requireActive(userId, sessionId);
    return { userId };
  }

  @Handles(calls.contacts)
  async contacts({ userIds }: InputOf<typeof calls.contacts>): Promise<OutputOf<typeof calls.contacts>> {
    const contacts = await this.uow.rows<{ userId: string; email: string; name: string }>(CONTACTS, [
      userIds,
    ]);
    return { contacts };
  }

  @Handles(calls.publicKeys)
  publicKeys(): Promise<OutputOf<typeof calls.publicKeys>> {
    return this.keys.published();
  }

  @Handles(calls.recentRevocations)
  async recentRevocations(): Promise<OutputOf<typeof calls.recentRevocations>> {
    const recent = await this.ender.recent(MAX_REVOCATIONS);
    return { sessions: recent.map(({ sessionId, until }) => ({ sessionId, until: until.toISOString() })) };
  }
}
