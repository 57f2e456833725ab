import type { ModuleDatabase } from './module-database.js';

/** Where the schema of each hosted module is. Worked out once, before the application is made. */
export class ModuleDatabases {
  constructor(private readonly databases: ReadonlyMap<string, ModuleDatabase>) {}

  of(module: string): ModuleDatabase {
    const database = this.databases.get(module);
    if (!database) throw new Error(`No database is known for the module ${module}`);
    return database;
  }
}
