import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Pool } from 'pg';
import { startEmbeddedPostgres } from '../../src/common/persistence/embedded/embedded-postgres.js';
import type { Sql } from './evidence.js';
import { freePort, WaybillProcess } from './waybill-process.js';
import { temporaryFolder } from '../folder.js';

const GATEWAY = join(__dirname, '../../dist/mock-gateway/main.js');

/** A database and a gateway that outlive the Waybill on top of them, which is started and killed at will. */
export interface Stage {
  databaseUrl: string;
  gatewayUrl: string;
  /** Where Waybill listens, each time it is started. */
  url: string;
  /** As the superuser. */
  sql: Sql;
  start(env?: Record<string, string>, nodeArgs?: string[]): Promise<WaybillProcess>;
  /** The same without waiting until it is ready. */
  launch(env?: Record<string, string>, nodeArgs?: string[]): WaybillProcess;
  close(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const folder = await temporaryFolder('stage');
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
  const gateway = await startGateway(join(folder, 'ledger.jsonl'));
  const pool = new Pool({ connectionString: postgres.url, max: 2 });
  // The server goes down while connections are idle.
  pool.on('error', () => undefined);
  const port = await freePort();
  const surroundings = { DATABASE_URL: postgres.url, GATEWAY_URL: gateway.url };
  let last: WaybillProcess | null = null;
  const launch = (env: Record<string, string> = {}, nodeArgs: string[] = []) => {
    last = WaybillProcess.launch({
      port,
      dataDir: join(folder, 'data'),
      env: { ...surroundings, ...env },
      nodeArgs,
    });
    return last;
  };

  return {
    databaseUrl: postgres.url,
    gatewayUrl: gateway.url,
    url: `http://127.0.0.1:${port}`,
    sql: async (text, values) => (await pool.query(text, values)).rows,
    launch,
    start: async (env, nodeArgs) => {
      const started = launch(env, nodeArgs);
      await started.ready();
      return started;
    },
    close: async () => {
      if (last?.running) await last.kill9();
      await gateway.stop();
      await pool.end();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export async function startGateway(ledgerPath: string): Promise<{ url: string; stop(): Promise<void> }> {
  const child: ChildProcess = fork(GATEWAY, {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { GATEWAY_PORT: '0', GATEWAY_LEDGER: ledgerPath, GATEWAY_EXIT_WITH_PARENT: '1' },
  });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      if (child.exitCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    },
  };
}
