import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, type QueryResultRow } from 'pg';
import { startEmbeddedPostgres } from '../src/common/persistence/embedded/embedded-postgres.js';
import { temporaryFolder } from './folder.js';
import { TestGateway } from './gateway.js';

/** What stays when the processes of a Waybill go: its database, and the gateway with its ledger. */
export interface Stores {
  folder: string;
  /** The mock payment gateway: faults are posted to it, its ledger is read from it. */
  gateway: TestGateway;
  /** The database, as its superuser. */
  databaseUrl: string;
  /** Runs a statement as the superuser; name the schema: `SELECT … FROM orders.orders`. */
  sql<R extends QueryResultRow>(text: string, values?: unknown[]): Promise<R[]>;
}

/** Cheap passwords: what is tested is not the cost of hashing. */
export const TEST_ENV = {
  NODE_ENV: 'test',
  PORT: '0',
  PASSWORD_HASH_MEMORY_KIB: '64',
  LOG_LEVEL: 'error',
};

/** Things to undo, the last one first. */
export class Undo {
  private readonly steps: (() => unknown)[] = [];

  add(step: () => unknown): void {
    this.steps.push(step);
  }

  readonly run = async (): Promise<void> => {
    for (const step of this.steps.splice(0).toReversed()) await step();
  };
}

/** Runs `bringUp`; what it has done is undone when it fails, or else by `stop`. */
export async function undoable<T extends object>(
  bringUp: (undo: Undo) => Promise<T>,
): Promise<T & { stop: () => Promise<void> }> {
  const undo = new Undo();
  try {
    return Object.assign(await bringUp(undo), { stop: undo.run });
  } catch (error) {
    await undo.run();
    throw error;
  }
}

/** A real PostgreSQL and a real gateway, empty. */
export async function openStores(undo: Undo): Promise<Stores> {
  const folder = await temporaryFolder('test');
  undo.add(() => rm(folder, { recursive: true, force: true }));
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
  undo.add(() => postgres.stop());
  const gateway = await TestGateway.start(join(folder, 'ledger.jsonl'));
  undo.add(() => gateway.down());
  const admin = new Client({ connectionString: postgres.url });
  await admin.connect();
  undo.add(() => admin.end());
  return {
    folder,
    gateway,
    databaseUrl: postgres.url,
    sql: async <R extends QueryResultRow>(text: string, values?: unknown[]) =>
      (await admin.query<R>(text, values)).rows,
  };
}
