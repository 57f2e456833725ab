import { Inject, Injectable } from '@nestjs/common';
import { EventPump } from '../../common/messaging/event-pump.js';
import { UnitOfWork } from '../../common/persistence/unit-of-work.js';
import { UsersApi } from '../users/users.contract.js';
import { Courier } from './channels/courier.js';
import { BY_HAND } from './domain/kinds.js';
import { type Preferences, turnedOff } from './domain/preferences.js';
import { Drafting } from './drafting.js';
import { Broadcaster } from './live/broadcaster.js';
import { eventsAtBirth } from './notification-events.js';
import { pushOf, toDto } from './notifications.dto.js';
import { NotificationErrors } from './notifications.errors.js';
import type { NotificationDto, SendBody } from './notifications.schemas.js';
import { type NewNotification, NotificationStore } from './persistence/notification-store.js';
import { PreferenceStore } from './persistence/preference-store.js';
import { TEMPLATES } from './templates/catalogue.js';
import { type Message, render } from './templates/renderer.js';
import type { Text } from './templates/template.js';
import { countAtBirth } from './notifications.metrics.js';

/** Sends one notification because somebody of the staff says so, and waits for what becomes of it. */
@Injectable()
export class SendService {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly pump: EventPump,
    private readonly store: NotificationStore,
    private readonly preferences: PreferenceStore,
    private readonly drafting: Drafting,
    private readonly courier: Courier,
    private readonly broadcaster: Broadcaster,
    @Inject(UsersApi) private readonly users: UsersApi,
  ) {}

  async send(body: SendBody): Promise<NotificationDto> {
    const { userId, type } = body;
    const [{ contacts }, preferences] = await Promise.all([
      this.users.contacts({ userIds: [userId] }),
      this.preferences.of(userId),
    ]);
    const contact = contacts.find((each) => each.userId === userId);
    if (!contact) throw NotificationErrors.USER_NOT_FOUND();
    const { phone } = preferences;
    if (type === 'sms' && phone === null) throw NotificationErrors.NO_PHONE();

    const row = this.draft(body, contact.name, preferences);
    const createdAt = await this.write(row);
    countAtBirth(row);
    let { status } = row;
    if (status === 'queued') {
      const leased = { ...row, attempts: 1, age: 0 };
      const failure = await this.courier.sendNow(leased, { email: contact.email, phone });
      status = failure === null ? 'sent' : 'failed';
    }
    if (type === 'websocket' && status === 'sent') this.broadcaster.publish(pushOf(row, createdAt));
    return toDto({ ...row, status, createdAt });
  }

  private draft(body: SendBody, name: string, preferences: Preferences): NewNotification {
    const { userId, type, template, orderId = null } = body;
    const off = template !== undefined && turnedOff(preferences, template, type);
    const heading = { userId, orderId, occasion: '', template: template ?? BY_HAND, type };
    const row = this.drafting.write(
      heading,
      textOf(body, name),
      off ? 'suppressed' : this.drafting.statusOf(type),
    );
    // Its own occasion: what is sent by hand is sent, also if it was said before.
    return { ...row, occasion: row.id };
  }

  private async write(row: NewNotification): Promise<Date> {
    const events = eventsAtBirth([row]);
    const written = await this.store.insert(this.uow, [row], events, true);
    const createdAt = written.get(row.id);
    if (!createdAt) throw new Error('A notification sent by hand was taken for one that is there already');
    this.pump.handOn(events);
    return createdAt;
  }
}

function textOf(body: SendBody, name: string): Text {
  const { template, variables = {}, subject = '', body: text = '' } = body;
  if (template === undefined) return { subject, body: text, brief: text };
  const checked = TEMPLATES[template].variables.safeParse(variables);
  if (checked.success) return render({ kind: template, variables: checked.data } as Message, name);
  const errors = checked.error.issues.slice(0, 20).map(({ path, message }) => ({
    path: ['variables', ...path].join('.').slice(0, 200),
    message: message.slice(0, 300),
  }));
  throw NotificationErrors.INVALID_VARIABLES(errors[0] && `${errors[0].path}: ${errors[0].message}`, {
    errors,
  });
}
