import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { superuser } from './initdb.js';

const database = 'waybill';
const patienceMs = 10_000;

const invalidPassword = '28P01';
const noSuchDatabase = '3D000';

export function superuserUrl(password: string, port: number, name = database): string {
  return `postgres://${superuser}:${password}@127.0.0.1:${port}/${name}`;
}

/**
 * Makes sure that our password opens the server, that it is the one of this cluster, and that the database is there.
 *
 * @throws when another server answers, or none within 10 s
 */
export async function ensureDatabase(password: string, port: number, cluster: string): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      return await verify(superuserUrl(password, port), cluster);
    } catch (error) {
      const code = (error as { code?: string }).code;
      if (code === noSuchDatabase) await createDatabase(superuserUrl(password, port, 'postgres'));
      else if (code === invalidPassword) throw new Error(wrongPassword, { cause: error });
      else if (error instanceof OtherServer || Date.now() >= deadline) throw error;
      else await delay(50);
    }
  }
}

const wrongPassword =
  'the embedded PostgreSQL refuses the password kept in the data folder: put back the file superuser-password ' +
  'that belongs to it, or move the data folder away to start anew';

class OtherServer extends Error {}

async function verify(url: string, cluster: string): Promise<void> {
  const answer = await query<{ path: string }>(url, "SELECT current_setting('data_directory') AS path");
  if (answer?.path !== cluster) {
    throw new OtherServer(
      `the server at the embedded PostgreSQL's port keeps its data in ${answer?.path}, not in ${cluster}`,
    );
  }
}

async function createDatabase(url: string): Promise<void> {
  await query(url, `CREATE DATABASE ${database}`);
}

async function query<Row extends object>(url: string, sql: string): Promise<Row | undefined> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined); // Loss of an idle connection; a running query rejects by itself.
  try {
    await client.connect();
    return (await client.query<Row>(sql)).rows[0];
  } finally {
    await client.end().catch(() => undefined);
  }
}
