import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
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
  startTracing();
  const folder = await mkdtemp(join(tmpdir(), 'waybill-test-'));
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
  const gateway = await TestGateway.start(join(folder, 'ledger.jsonl'));
  const surroundings = await openSurroundings(
    { ...TEST_ENV, DATA_DIR: folder, DATABASE_URL: postgres.url, GATEWAY_URL: gateway.url, ...env },
    () => undefined,
  );
  const app = await createApplication(surroundings.config, surroundings.databases);
  await app.listen(0, '127.0.0.1');
  app.get(Lifecycle).markReady();
  const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  const admin = new Client({ connectionString: postgres.url });
  await admin.connect();

  return {
    url,
    app,
    api: new Api(url),
    gateway,
    databaseUrl: postgres.url,
    sql: async <R extends QueryResultRow>(text: string, values?: unknown[]) =>
      (await admin.query<R>(text, values)).rows,
    stop: async () => {
      await app.close();
      await surroundings.close();
      await admin.end();
      await gateway.down();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
