import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { context } from '@opentelemetry/api';
import { Poller } from '../../../common/poller.js';
import { contextFrom, currentWork, withWork } from '../../../common/telemetry/work-context.js';
import { UsersApi } from '../../users/users.contract.js';
import { GIVE_UP_AFTER_HOURS, SERVER_AWAY_SECONDS, waitAfter } from '../domain/retry.js';
import { outcomeEvent } from '../notification-events.js';
import { NotificationStore, type Outgoing } from '../persistence/notification-store.js';
import { PreferenceStore } from '../persistence/preference-store.js';
import { MailSender, Refused, SmsSender, ServerAway } from './sender.js';
import { ServerRest } from './server-rest.js';
import { SMTP_CONNECTIONS } from './smtp-mail-sender.js';
import { emailDuration, notificationsSent } from '../notifications.metrics.js';

/** Few enough to be over well within their lease, whatever the server does. */
const PER_ROUND = 10;
/** When the process stops, sends under way have this long to end by themselves. */
const STOP_MS = 3000;

/** Where messages of a user go. */
interface Address {
  email: string | null;
  phone: string | null;
}

/**
 * Brings queued mails and text messages to their servers: leased, a few at once, again and again with growing
 * waits. At least once: when the process dies between a send and its record, the message goes out again under
 * the same id. Addresses are asked for when they are needed and kept nowhere.
 */
@Injectable()
export class Courier implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new Logger('Courier');
  private readonly poller = new Poller({
    name: 'courier of notifications',
    module: 'notifications',
    intervalMs: 1000,
    task: () => this.round(),
  });
  private readonly rest = new ServerRest(SERVER_AWAY_SECONDS * 1000);
  private readonly aborted = new AbortController();
  private stopping = false;

  constructor(
    private readonly store: NotificationStore,
    private readonly preferences: PreferenceStore,
    private readonly mail: MailSender,
    private readonly sms: SmsSender,
    @Inject(UsersApi) private readonly users: UsersApi,
  ) {}

  onApplicationBootstrap(): void {
    this.poller.start();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping = true;
    const abort = setTimeout(() => this.aborted.abort(), STOP_MS);
    await this.poller.stop();
    clearTimeout(abort);
    this.mail.close();
  }

  /** Something was queued. */
  kick(): void {
    this.poller.kick();
  }

  /**
   * Sends one that the caller has leased, in the caller's time, and records the outcome for good: whoever waits
   * for it wants to know. Gives why it failed, or null.
   */
  async sendNow(notification: Outgoing, address: Address): Promise<string | null> {
    const failure = await this.attempt(notification, address);
    await this.settle(notification, failure?.message ?? null);
    return failure?.message ?? null;
  }

  /** One page of what is due. Gives how many were settled. */
  private async round(): Promise<number> {
    const due = await this.store.takeDue(this.rest.open(), PER_ROUND);
    if (due.length === 0) return 0;
    const addresses = await this.addressesOf(due).catch(async (error: unknown) => {
      await Promise.all(due.map((each) => this.putBack(each, 'addresses cannot be had at the moment')));
      throw error;
    });
    const line = [...due];
    const carry = async (): Promise<number> => {
      let settled = 0;
      for (let next = line.shift(); next; next = line.shift()) {
        settled += await this.carryOne(next, addresses.get(next.userId));
      }
      return settled;
    };
    const settled = await Promise.all(Array.from({ length: SMTP_CONNECTIONS }, carry));
    return settled.reduce((total, each) => total + each, 0);
  }

  /** Gives 1 when there is an outcome, 0 when it was put off. */
  private async carryOne(notification: Outgoing, address: Address | undefined): Promise<number> {
    const { type, attempts, age } = notification;
    if (this.stopping) return this.putBack(notification, 'the process stopped');
    if (this.rest.resting(type)) return this.putBack(notification, 'its server cannot be used at the moment');
    const failure = await this.attempt(notification, address);
    if (failure instanceof ServerAway) {
      this.rest.begin(type, failure.message);
      if (age < GIVE_UP_AFTER_HOURS) return this.putBack(notification, failure.message);
    } else {
      this.rest.end(type);
      const wait = failure === null || failure instanceof Refused ? null : waitAfter(attempts);
      if (failure !== null && wait !== null) {
        await this.store.putOff(notification, wait, failure.message);
        return 0;
      }
    }
    await this.settle(notification, failure?.message ?? null);
    return 1;
  }

  private async attempt(notification: Outgoing, address: Address | undefined): Promise<Error | null> {
    const { id, type, subject, body } = notification;
    const { email = null, phone = null } = address ?? {};
    try {
      if (type === 'email') {
        if (email === null) throw new Refused('there is no such user');
        const mail = { id, to: email, subject, text: body };
        await emailDuration.time(
          () => ({}),
          () => this.mail.send(mail, this.aborted.signal),
        );
      } else {
        if (phone === null) throw new Refused('the user has given no phone number');
        await this.sms.send({ id, to: phone, text: body }, this.aborted.signal);
      }
      return null;
    } catch (error) {
      return error instanceof Error ? error : new Error('unknown');
    }
  }

  private async settle(notification: Outgoing, reason: string | null): Promise<void> {
    const status = reason === null ? 'sent' : 'failed';
    if (reason !== null) {
      this.log.warn(
        { notification_id: notification.id, reason },
        `A notification by ${notification.type} failed`,
      );
    }
    const event = inContextOf(notification, () => outcomeEvent(notification, status, reason));
    await this.store.settle(notification, status, reason, event);
    notificationsSent.inc({ type: notification.type, status });
  }

  private async addressesOf(due: readonly Outgoing[]): Promise<Map<string, Address>> {
    const userIds = [...new Set(due.map(({ userId }) => userId))];
    const [{ contacts }, preferences] = await Promise.all([
      this.users.contacts({ userIds }),
      this.preferences.ofAll(userIds),
    ]);
    const emails = new Map(contacts.map(({ userId, email }) => [userId, email]));
    return new Map(
      userIds.map((id) => [id, { email: emails.get(id) ?? null, phone: preferences.get(id)?.phone ?? null }]),
    );
  }

  /** Not now, and not its own fault. */
  private async putBack(notification: Outgoing, reason: string): Promise<0> {
    await this.store.putOff(notification, SERVER_AWAY_SECONDS, reason, true);
    return 0;
  }
}

/** What became of a message belongs to the trace of what caused it, however much later it was. */
function inContextOf<T>({ correlationId, traceparent }: Outgoing, fn: () => T): T {
  const work = { ...currentWork(), correlationId: correlationId ?? '' };
  return context.with(withWork(contextFrom(traceparent), work), fn);
}
