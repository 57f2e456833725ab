import type { ModuleSchema } from '../../common/persistence/module-database.js';
import { InventoryTables1764000100000 } from './migrations/1764000100000-inventory-tables.js';
import { TracesOfMovements1764300000000 } from './migrations/1764300000000-traces-of-movements.js';

/** What inventory keeps, for the processes that host it and for migrating it without them. */
export const InventorySchema: ModuleSchema = {
  entities: {},
  migrations: [InventoryTables1764000100000, TracesOfMovements1764300000000],
};
