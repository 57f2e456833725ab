import type { ModuleSchema } from '../../common/persistence/module-database.js';
import { UsersTables1764000100000 } from './migrations/1764000100000-users-tables.js';
import { UserSearch1764003000000 } from './migrations/1764003000000-user-search.js';
import { Session } from './persistence/session.entity.js';
import { User } from './persistence/user.entity.js';

/** What users keeps, for the processes that host it and for migrating it without them. */
export const UsersSchema: ModuleSchema = {
  entities: { User, Session },
  migrations: [UsersTables1764000100000, UserSearch1764003000000],
};
