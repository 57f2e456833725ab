import { Inject, Injectable } from '@nestjs/common';
import { type Context, context } from '@opentelemetry/api';
import type { EventEnvelope } from '../../common/messaging/contract.js';
import { EventPump } from '../../common/messaging/event-pump.js';
import { Inbox } from '../../common/messaging/inbox.js';
import type { OutboxEvent } from '../../common/messaging/outbox.js';
import { GroupCommit } from '../../common/persistence/group-commit.js';
import { UnitOfWork } from '../../common/persistence/unit-of-work.js';
import { UsersApi } from '../users/users.contract.js';
import { Courier } from './channels/courier.js';
import { Drafting, type Notice } from './drafting.js';
import { Broadcaster } from './live/broadcaster.js';
import type { Push } from './live/push.js';
import { eventsAtBirth } from './notification-events.js';
import { pushOf } from './notifications.dto.js';
import { type NewNotification, NotificationStore } from './persistence/notification-store.js';
import { PreferenceStore } from './persistence/preference-store.js';
import { countAtBirth } from './notifications.metrics.js';

/** What an event means here. */
export interface Arrival {
  event: EventEnvelope;
  /** Whom to tell what, if anybody. */
  notice?: Notice;
  /** What to show at once on open connections, if anything. */
  push?: Push;
}

/** An arrival with the trace that it belongs to: a batch belongs to many. */
interface Waiting extends Arrival {
  within: Context;
}

interface Draft {
  eventId: string;
  rows: NewNotification[];
  events: OutboxEvent[];
}

/**
 * Takes in events: at most once each, a batch in a transaction. Addresses and preferences are fetched before it,
 * and pushes go out after it. Fails only when the database or the users module is away, and the inbox tries again.
 */
@Injectable()
export class Intake {
  private readonly arrivals = new GroupCommit<Waiting, void>((batch) => this.takeAll(batch), {
    name: 'notifications.take-in',
    module: 'notifications',
    // While one batch waits for its commit, the next one is rendered.
    lanes: 2,
  });

  constructor(
    private readonly uow: UnitOfWork,
    private readonly inbox: Inbox,
    private readonly pump: EventPump,
    private readonly store: NotificationStore,
    private readonly preferences: PreferenceStore,
    private readonly drafting: Drafting,
    private readonly courier: Courier,
    private readonly broadcaster: Broadcaster,
    @Inject(UsersApi) private readonly users: UsersApi,
  ) {}

  take(arrival: Arrival): Promise<void> {
    return this.arrivals.submit({ ...arrival, within: context.active() });
  }

  private async takeAll(batch: Waiting[]): Promise<void[]> {
    const drafts = await this.draftAll(batch);
    const { fresh, written } = await this.uow.run(async (tx) => {
      const claimed = await this.inbox.claim(
        tx,
        batch.map(({ event }) => event),
      );
      const ids = new Set(claimed.map((event) => event.id));
      const mine = drafts.filter(({ eventId }) => ids.has(eventId));
      const rows = mine.flatMap((draft) => draft.rows);
      const events = mine.flatMap((draft) => draft.events);
      return { fresh: ids, written: rows.length > 0 ? await this.store.insert(tx, rows, events) : new Map() };
    });
    this.after(batch, drafts, fresh, written);
    return batch.map(() => undefined);
  }

  /** Each event once, even if it was delivered twice at the same time. */
  private async draftAll(batch: readonly Waiting[]): Promise<Draft[]> {
    const wanted = new Map(
      batch.flatMap((each) => (each.notice ? [[each.event.id, { ...each, notice: each.notice }]] : [])),
    );
    if (wanted.size === 0) return [];
    const userIds = [...new Set([...wanted.values()].map(({ notice }) => notice.userId))];
    const [{ contacts }, preferences] = await Promise.all([
      this.users.contacts({ userIds }),
      this.preferences.ofAll(userIds),
    ]);
    const names = new Map(contacts.map(({ userId, name }) => [userId, name]));
    return [...wanted.values()].map(({ event, notice, within }) =>
      context.with(within, () => {
        const name = names.get(notice.userId) ?? null;
        const rows = this.drafting.draft(notice, name, preferences.get(notice.userId));
        return { eventId: event.id, rows, events: eventsAtBirth(rows) };
      }),
    );
  }

  /** Committed: whatever happens now can no longer undo it, and must not. */
  private after(
    batch: readonly Waiting[],
    drafts: readonly Draft[],
    fresh: ReadonlySet<string>,
    written: ReadonlyMap<string, Date>,
  ): void {
    const unique = new Map(batch.map((each) => [each.event.id, each]));
    for (const [id, { push }] of unique) if (push && fresh.has(id)) this.broadcaster.publish(push);
    const rows = drafts.flatMap((draft) => draft.rows);
    for (const row of rows) {
      const at = written.get(row.id);
      if (at) countAtBirth(row);
      if (at && row.type === 'websocket' && row.status === 'sent') this.broadcaster.publish(pushOf(row, at));
    }
    if (written.size === 0) return;
    this.pump.handOn(drafts.flatMap(({ events }) => events.filter(({ key }) => written.has(key))));
    if (rows.some((row) => row.status === 'queued')) this.courier.kick();
  }
}
