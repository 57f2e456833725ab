import type { DataSourceOptions } from 'typeorm';
import { CommonTables1764000000000 } from './common-tables.migration.js';
import { EventKeys1764200000000 } from './event-keys.migration.js';
import { EventOperations1764001000000 } from './event-operations.migration.js';
import { dataSourceOptions, type ModuleDatabase, type ModuleSchema } from './module-database.js';
import { openDataSource } from './open-data-source.js';

/** A module's options with its own migrations and those that every module has. */
export function moduleOptions(database: ModuleDatabase, schema: ModuleSchema): DataSourceOptions {
  const migrations = [
    CommonTables1764000000000,
    EventOperations1764001000000,
    EventKeys1764200000000,
    ...(schema.migrations as unknown[]),
  ] as ModuleSchema['migrations'];
  return dataSourceOptions(database, { entities: schema.entities, migrations });
}

/** Brings a module's schema up to date, beside processes that do the same, and disconnects. */
export async function migrateModule(database: ModuleDatabase, schema: ModuleSchema): Promise<void> {
  const dataSource = await openDataSource(moduleOptions(database, schema));
  await dataSource.destroy();
}
