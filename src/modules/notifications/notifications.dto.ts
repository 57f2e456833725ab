import { traceOf } from '../../common/telemetry/work-context.js';
import type { Push } from './live/push.js';
import type { NotificationDto } from './notifications.schemas.js';
import type { Notification } from './persistence/notification.entity.js';
import type { NewNotification } from './persistence/notification-store.js';

/** As it is shown. A notification without an outcome yet is not shown at all. */
export function toDto(
  row: Omit<Notification, 'status'> & { status: NotificationDto['status'] },
): NotificationDto {
  const { id, userId, orderId, type, template, subject, body, status, createdAt, traceparent } = row;
  return {
    id,
    userId,
    orderId,
    type,
    template,
    subject,
    body,
    status,
    createdAt: createdAt.toISOString(),
    traceId: traceOf(traceparent),
  };
}

/** A WebSocket notification on its way to its user, and to nobody else. */
export function pushOf(row: NewNotification, createdAt: Date): Push {
  const data = toDto({ ...row, status: 'sent', createdAt });
  return { type: 'notifications.sent', data, userId: row.userId, staff: false };
}
