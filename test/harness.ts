import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Client, type QueryResultRow } from 'pg';
import { createApplication } from '../src/application.js';
import { Lifecycle } from '../src/common/health/lifecycle.js';
import { startEmbeddedPostgres } from '../src/common/persistence/embedded/embedded-postgres.js';
import { startTracing } from '../src/common/telemetry/tracing.js';
import { openSurroundings } from '../src/surroundings.js';
import { Api } from './api.js';

export { eventually } from './eventually.js';
import { TestGateway } from './gateway.js';
import { temporaryFolder } from './folder.js';

/** A whole Waybill on a real PostgreSQL and a real gateway, listening on a free port. */
export interface Waybill {
  url: string;
  app: NestFastifyApplication;
  api: Api;
  /** The mock payment gateway: faults are posted to it, its ledger is read from it. */
  gateway: TestGateway;
  /** The database, as its superuser. */
  databaseUrl: string;
  /** Runs a statement as the superuser; name the schema: `SELECT … FROM orders.orders`. */
  sql<R extends QueryResultRow>(text: string, values?: unknown[]): Promise<R[]>;
  stop(): Promise<void>;
}

/** Cheap passwords: what is tested is not the cost of hashing. */
const TEST_ENV = { NODE_ENV: 'test', PORT: '0', PASSWORD_HASH_MEMORY_KIB: '64', LOG_LEVEL: 'error' };

/** Starts a Waybill with demo data; `env` adds to or replaces settings. */
export async function startWaybill(env: Record<string, string> = {}): Promise<Waybill> {
  const undo: (() => unknown)[] = [];
  const stop = async () => {
    for (const step of undo.splice(0).toReversed()) await step();
  };
  try {
    return { ...(await bringUp(env, (step) => undo.push(step))), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function bringUp(
  env: Record<string, string>,
  atStop: (step: () => unknown) => void,
): Promise<Omit<Waybill, 'stop'>> {
  startTracing();
  const folder = await temporaryFolder('test');
  atStop(() => rm(folder, { recursive: true, force: true }));
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
  atStop(() => postgres.stop());
  const gateway = await TestGateway.start(join(folder, 'ledger.jsonl'));
  atStop(() => gateway.down());
  const surroundings = await openSurroundings(
    { ...TEST_ENV, DATA_DIR: folder, DATABASE_URL: postgres.url, GATEWAY_URL: gateway.url, ...env },
    () => undefined,
  );
  atStop(() => surroundings.close());
  const admin = new Client({ connectionString: postgres.url });
  await admin.connect();
  atStop(() => admin.end());
  const app = await createApplication(surroundings.config, surroundings.databases);
  atStop(() => app.close());
  await app.listen(0, '127.0.0.1');
  app.get(Lifecycle).markReady();
  const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  return {
    url,
    app,
    api: new Api(url),
    gateway,
    databaseUrl: postgres.url,
    sql: async <R extends QueryResultRow>(text: string, values?: unknown[]) =>
      (await admin.query<R>(text, values)).rows,
  };
}
