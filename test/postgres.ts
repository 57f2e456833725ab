import { rm } from 'node:fs/promises';
import { Client, type QueryResultRow } from 'pg';
import type { DataSource, MigrationInterface } from 'typeorm';
import { CommonTables1764000000000 } from '../src/common/persistence/common-tables.migration.js';
import { EventOperations1764001000000 } from '../src/common/persistence/event-operations.migration.js';
import { startEmbeddedPostgres } from '../src/common/persistence/embedded/embedded-postgres.js';
import { dataSourceOptions, moduleUrl } from '../src/common/persistence/module-database.js';
import { openDataSource } from '../src/common/persistence/open-data-source.js';
import { provision } from '../src/common/persistence/provision.js';
import { UnitOfWork } from '../src/common/persistence/unit-of-work.js';
import { temporaryFolder } from './folder.js';

type Migration = new () => MigrationInterface;

export interface ModuleOptions {
  /** Beside the tables that every module has. */
  migrations?: Migration[];
  poolSize?: number;
}

/** A real PostgreSQL for the specs of one file. */
export interface TestPostgres {
  /** The superuser's. */
  url: string;
  /** Runs a statement as the superuser; name the schema: `SELECT … FROM alpha.outbox`. */
  sql<R extends QueryResultRow>(text: string, values?: unknown[]): Promise<R[]>;
  /** A module's transactions on its own migrated schema. Called twice, it is as two processes of one module. */
  module(name: string, options?: ModuleOptions): Promise<UnitOfWork>;
  /** The server goes away and stays away. */
  down(): Promise<void>;
  stop(): Promise<void>;
}

export async function startPostgres(): Promise<TestPostgres> {
  const folder = await temporaryFolder('spec');
  const server = await startEmbeddedPostgres({ dataDir: folder });
  const admin = new Client({ connectionString: server.url });
  admin.on('error', () => undefined); // Its connection ends with the server.
  await admin.connect();
  const opened: DataSource[] = [];

  return {
    url: server.url,
    sql: async <R extends QueryResultRow>(text: string, values?: unknown[]) =>
      (await admin.query<R>(text, values)).rows,
    module: async (module, { migrations = [], poolSize = 4 } = {}) => {
      await provision(server.url, [module]);
      const dataSource = await openDataSource(
        dataSourceOptions(
          { module, url: moduleUrl(module, server.url), poolSize },
          {
            entities: [],
            migrations: [CommonTables1764000000000, EventOperations1764001000000, ...migrations],
          },
        ),
      );
      opened.push(dataSource);
      return new UnitOfWork(module, dataSource);
    },
    down: () => server.stop(),
    stop: async () => {
      for (const dataSource of opened) await dataSource.destroy();
      await admin.end();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
