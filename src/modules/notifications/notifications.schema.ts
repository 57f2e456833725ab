import type { ModuleSchema } from '../../common/persistence/module-database.js';
import { NotificationsTables1764000600000 } from './migrations/1764000600000-notifications-tables.js';
import { Notification } from './persistence/notification.entity.js';
import { Preference } from './persistence/preference.entity.js';

/** What notifications keeps, for the processes that host it and for migrating it without them. */
export const NotificationsSchema: ModuleSchema = {
  entities: { Notification, Preference },
  migrations: [NotificationsTables1764000600000],
};
