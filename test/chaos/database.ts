import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { Pool } from 'pg';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../src/common/persistence/embedded/embedded-postgres.js';
import { findPostmaster } from '../../src/common/persistence/embedded/postmaster.js';
import type { Sql } from './evidence.js';

/** A PostgreSQL that can be stopped at once, as by a power cut, and started again on its port with its data. */
export class Database {
  private readonly pool: Pool;

  private constructor(
    private readonly dataDir: string,
    private server: EmbeddedPostgres,
  ) {
    this.pool = new Pool({ connectionString: server.url, max: 2 });
    // The server goes down while connections are idle.
    this.pool.on('error', () => undefined);
  }

  static async start(dataDir: string): Promise<Database> {
    return new Database(dataDir, await startEmbeddedPostgres({ dataDir }));
  }

  /** The superuser's. */
  get url(): string {
    return this.server.url;
  }

  /** As the superuser. */
  readonly sql: Sql = async (text, values) => (await this.pool.query(text, values)).rows;

  /** What `pg_ctl stop -m immediate` does: no transaction is ended, nothing is written out. Resolves when it is gone. */
  async stopAtOnce(): Promise<void> {
    const server = findPostmaster(realpathSync(join(this.dataDir, 'cluster')));
    if (!server) throw new Error('The database does not run');
    process.kill(server.pid, 'SIGQUIT');
    // A server that is ending at once takes no gentler order; this keeps it from being started again by its keeper.
    await this.server.stop();
  }

  async startAgain(): Promise<void> {
    const port = Number(new URL(this.url).port);
    this.server = await startEmbeddedPostgres({ dataDir: this.dataDir, port });
  }

  /** All sessions of the modules end, as when an administrator ends them. */
  async endSessions(): Promise<void> {
    await this.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE 'waybill-%'`,
    );
  }

  async stop(): Promise<void> {
    await this.pool.end();
    await this.server.stop();
  }
}
