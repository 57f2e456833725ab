import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { createApplication } from '../../src/application.js';
import { MODULE_NAMES } from '../../src/modules.js';
import { openSurroundings } from '../../src/surroundings.js';
import { startPostgres, type TestPostgres } from '../postgres.js';

const ROOT = join(__dirname, '../..');
const PROGRAM = [join(ROOT, 'scripts/run-ts.js'), join(ROOT, 'src/migrate.ts')];
const PRODUCTION = { NODE_ENV: 'production', GATEWAY_URL: 'http://127.0.0.1:9' };

interface Outcome {
  code: number;
  output: string;
}

/** The job as it is run in production: a process that ends by itself. */
async function migrate(env: Record<string, string>): Promise<Outcome> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, PROGRAM, {
      env: { PATH: process.env['PATH'] ?? '', ...PRODUCTION, ...env },
    });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: stdout + stderr };
  }
}

describe('the migration job', () => {
  let postgres: TestPostgres;

  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());

  /** As a deployment hands it to the processes of a module. */
  function roleUrl(module: string, password: string): string {
    const url = new URL(postgres.url);
    url.username = `waybill_${module}`;
    url.password = encodeURIComponent(password);
    return url.toString();
  }
  const urls = (password: string) =>
    Object.fromEntries(
      MODULE_NAMES.map((name) => [`${name.toUpperCase()}_DATABASE_URL`, roleUrl(name, password)]),
    );
  const schemas = async () =>
    (
      await postgres.sql<{ schema: string }>(
        "SELECT nspname AS schema FROM pg_namespace WHERE nspowner::regrole::text LIKE 'waybill\\_%'",
      )
    ).map(({ schema }) => schema);

  it('migrates one module and leaves the others alone', async () => {
    const { code, output } = await migrate({ DATABASE_URL: postgres.url, MODULES: 'catalog' });
    expect([code, output]).toEqual([0, expect.stringContaining('The schema of catalog is up to date')]);
    expect(await schemas()).toEqual(['catalog']);
  });

  it('migrates all, twice at once and again, and delivers nothing', async () => {
    const runs = await Promise.all([
      migrate({ DATABASE_URL: postgres.url }),
      migrate({ DATABASE_URL: postgres.url }),
    ]);
    runs.push(await migrate({ DATABASE_URL: postgres.url }));
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect((await schemas()).toSorted()).toEqual([...MODULE_NAMES].toSorted());
    expect(await postgres.sql('SELECT 1 FROM orders.outbox')).toEqual([]);
  });

  it('gives each role the password of its URL, and the new one when that changes', async () => {
    for (const password of ['first/one', 'second one']) {
      expect((await migrate({ DATABASE_URL: postgres.url, ...urls(password) })).code).toBe(0);
      const client = new Client({ connectionString: roleUrl('orders', password) });
      await client.connect();
      await client.end();
    }
    const outdated = new Client({ connectionString: roleUrl('orders', 'first/one') });
    await expect(outdated.connect()).rejects.toMatchObject({ code: '28P01' });
  });

  it('leaves processes that need the URLs of their own roles only', async () => {
    const env = { ...urls('second one'), NODE_ENV: 'test', PORT: '0', GATEWAY_URL: 'http://127.0.0.1:9' };
    const app = await createApplication(await openSurroundings(env, () => undefined));
    await app.close();
  });

  it('says what is missing, and fails', async () => {
    expect(await migrate({})).toEqual({
      code: 1,
      output: expect.stringContaining('DATABASE_URL: needed'),
    });
    const { code, output } = await migrate({ DATABASE_URL: 'postgres://waybill:secret@127.0.0.1:1/waybill' });
    expect([code, output]).toEqual([1, expect.stringContaining('PostgreSQL does not answer')]);
    expect(output).not.toMatch(/secret|\n\s+at /);
  });
});
