import { Client, type QueryResultRow } from 'pg';
import type { Sql } from '../../test/chaos/evidence.js';

/** The roles of the modules are named after it, so every copy has this name too. */
const LIVE = 'waybill';
const PRISTINE = 'pristine';
const ELSEWHERE = 'postgres';

/** One server, one database that runs use up, and the one that it is copied from. Nobody may be connected to either. */
export class Databases {
  constructor(
    /** The superuser's, of the database that is used up. */
    readonly url: string,
  ) {}

  /** What is now in the live database is what runs begin with. */
  async keep(): Promise<void> {
    await this.elsewhere(async (sql) => {
      await sql(`DROP DATABASE IF EXISTS ${PRISTINE}`);
      await sql(`ALTER DATABASE ${LIVE} RENAME TO ${PRISTINE}`);
    });
  }

  /** A live database as it was kept. All begin with the same distance to the next checkpoint. */
  async renew(): Promise<void> {
    await this.elsewhere(async (sql) => {
      await sql(`DROP DATABASE IF EXISTS ${LIVE} WITH (FORCE)`);
      await sql(`CREATE DATABASE ${LIVE} TEMPLATE ${PRISTINE}`);
      await sql('CHECKPOINT');
    });
  }

  private async elsewhere(use: (sql: Sql) => Promise<void>): Promise<void> {
    const url = new URL(this.url);
    url.pathname = ELSEWHERE;
    const admin = await connected(url.toString());
    try {
      await use(admin.sql);
    } finally {
      await admin.end();
    }
  }
}

export interface Admin {
  client: Client;
  sql: Sql;
  end(): Promise<void>;
}

/** `settings` as on a command line: `-c enable_seqscan=off`. */
export async function connected(url: string, settings = ''): Promise<Admin> {
  const client = new Client({ connectionString: url, ...(settings && { options: settings }) });
  // The server may go away before we do.
  client.on('error', () => undefined);
  await client.connect();
  const sql = async <R extends QueryResultRow>(text: string, values?: unknown[]) =>
    (await client.query<R>(text, values)).rows;
  return { client, sql, end: () => client.end() };
}

/** What PostgreSQL has written to its log so far. */
export async function walBytes(sql: Sql): Promise<number> {
  const [row] = await sql<{ bytes: number }>(
    "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 AS bytes",
  );
  return row?.bytes ?? 0;
}
