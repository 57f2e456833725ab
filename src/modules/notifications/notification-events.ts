import { newEvent, type OutboxEvent } from '../../common/messaging/outbox.js';
import { NotificationEvents } from './notifications.contract.js';
import type { NewNotification, Outgoing } from './persistence/notification-store.js';

type Told = Pick<NewNotification | Outgoing, 'id' | 'userId' | 'orderId' | 'type' | 'template'>;

/** The event of a notification's outcome. Made in the context of what caused the notification. */
export function outcomeEvent(
  notification: Told,
  status: 'sent' | 'failed',
  reason: string | null,
): OutboxEvent {
  const { id, userId, orderId, type, template } = notification;
  const payload = { notificationId: id, userId, orderId, type, template };
  return status === 'sent'
    ? newEvent(NotificationEvents.sent, payload)
    : newEvent(NotificationEvents.failed, { ...payload, reason: reason ?? 'unknown' });
}

/**
 * The events of notifications that are born with an outcome. What is queued has none yet, what is suppressed
 * tells nobody, and a WebSocket notification is its own message: an event more for each order would say nothing new.
 */
export function eventsAtBirth(rows: readonly NewNotification[]): OutboxEvent[] {
  return rows.flatMap((row) =>
    (row.status === 'sent' || row.status === 'failed') && row.type !== 'websocket'
      ? [outcomeEvent(row, row.status, row.reason)]
      : [],
  );
}
