import { z } from 'zod';
import { type ClientOf, defineApi, defineEvents, event } from '../../common/messaging/contract.js';
import { IdSchema } from '../../common/schemas.js';

export const ChannelSchema = z.enum(['email', 'sms', 'websocket']);

/** Nobody calls notifications: it listens. */
export const NotificationsApi = defineApi('notifications', {});
export type NotificationsApi = ClientOf<typeof NotificationsApi>;

const Notification = z.object({
  notificationId: IdSchema,
  userId: IdSchema,
  orderId: IdSchema.nullable(),
  type: ChannelSchema,
  template: z.string(),
});

export const NotificationEvents = defineEvents('notifications', {
  sent: event({ payload: Notification, key: ({ notificationId }) => notificationId }),
  failed: event({
    payload: Notification.extend({ reason: z.string() }),
    key: ({ notificationId }) => notificationId,
  }),
});
