import { Injectable } from '@nestjs/common';
import { newId } from '../../common/ids.js';
import { currentTraceparent, currentWork } from '../../common/telemetry/work-context.js';
import { MailSender, SmsSender } from './channels/sender.js';
import type { Channel } from './domain/kinds.js';
import { DEFAULT_PREFERENCES, type Preferences, routesOf } from './domain/preferences.js';
import type { NotificationStatus } from './persistence/notification.entity.js';
import type { NewNotification } from './persistence/notification-store.js';
import { type Message, render } from './templates/renderer.js';
import type { Text } from './templates/template.js';

/** Somebody is to be told something. */
export interface Notice {
  userId: string;
  orderId: string | null;
  /** What it is about; each occasion is told once. */
  occasion: string;
  message: Message;
}

/** What a notification is, before its text and its fate. */
type Heading = Pick<NewNotification, 'userId' | 'orderId' | 'occasion' | 'template' | 'type'>;

/** Turns notices into notifications, in the context of what caused them. */
@Injectable()
export class Drafting {
  constructor(
    private readonly mail: MailSender,
    private readonly sms: SmsSender,
  ) {}

  /** One for each channel by which the user wants to hear of it, or has turned it off. `name`: null when unknown. */
  draft(
    notice: Notice,
    name: string | null,
    preferences: Preferences = DEFAULT_PREFERENCES,
  ): NewNotification[] {
    const { userId, orderId, occasion, message } = notice;
    const text = render(message, name ?? '');
    const heading = (type: Channel): Heading => ({ userId, orderId, occasion, template: message.kind, type });
    if (name === null) return [this.write(heading('email'), text, 'failed', 'there is no such user')];
    return routesOf(preferences, message.kind).map(({ channel, suppressed }) =>
      this.write(heading(channel), text, suppressed ? 'suppressed' : this.statusOf(channel)),
    );
  }

  /** What becomes of a notification when it is written. */
  statusOf(channel: Channel): 'sent' | 'queued' {
    if (channel === 'websocket') return 'sent';
    const { keeps } = channel === 'email' ? this.mail : this.sms;
    return keeps ? 'sent' : 'queued';
  }

  /** Mails have room for the whole text; the other channels get the brief one. */
  write(
    heading: Heading,
    text: Text,
    status: NotificationStatus,
    reason: string | null = null,
  ): NewNotification {
    return {
      ...heading,
      id: newId(),
      subject: text.subject,
      body: heading.type === 'email' ? text.body : text.brief,
      status,
      reason,
      correlationId: currentWork().correlationId || null,
      traceparent: currentTraceparent(),
    };
  }
}
