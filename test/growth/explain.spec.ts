import { join } from 'node:path';
import { Client } from 'pg';
import { openStore } from '../../bench/growth/store.js';
import { eventually, startWaybill, type WaybillInside } from '../harness.js';
import { fill } from './filler.js';
import { GROWING, type Scan, scansIn } from './scans.js';
import { explainAll, type Ran, StatementLog } from './statements.js';
import { tour } from './tour.js';

/** A table of fewer rows is read as a whole for good reason. */
const LARGE = 5000;

/** What may read so much, and why. */
const ALLOWED: readonly { statement: RegExp; why: string }[] = [
  {
    statement: /^SELECT 1 FROM users LIMIT 1$/,
    why: 'the demo asks whether there is anybody; one row is enough',
  },
];

describe('a store that has grown', () => {
  let waybill: WaybillInside;
  let log: StatementLog;
  let large: Set<string>;

  beforeAll(async () => {
    waybill = await startWaybill({ REGISTRATIONS_PER_ADDRESS: '10000' }, async ({ folder, databaseUrl }) => {
      const store = await openStore({ url: databaseUrl });
      await fill(store.admin);
      await store.close();
      await explainAll(databaseUrl);
      log = new StatementLog(join(folder, 'postgres', 'postgres.log'));
    });
    large = await largeTables();
  });
  afterAll(async () => {
    log?.stop();
    await waybill?.stop();
  });

  async function largeTables(): Promise<Set<string>> {
    const rows = await waybill.sql<{ name: string }>(
      `SELECT format('%s.%s', relnamespace::regnamespace, relname) AS name FROM pg_class
       WHERE relkind IN ('r', 'p') AND relname = ANY($1) AND reltuples >= $2`,
      [GROWING, LARGE],
    );
    return new Set(rows.map(({ name }) => name));
  }

  it('has so much of everything that grows that no plan is one for small tables', () => {
    const filled = new Set([...large].map((name) => name.split('.')[1]));
    expect(GROWING.filter((table) => !filled.has(table))).toEqual([]);
  });

  it('is never read as a whole, whatever is asked of it', async () => {
    await tour(waybill);
    const ran = await eventually(() => expectTold(log.read()), 20_000);
    const bad = scansIn(ran, large).filter(
      ({ statement }) => !ALLOWED.some((each) => each.statement.test(statement)),
    );
    expect(bad.map(inWords)).toEqual([]);
  });

  it('would show who reads it as a whole', async () => {
    log.read({ forget: true });
    const client = new Client({ connectionString: waybill.databaseUrl });
    await client.connect();
    await client.query("SELECT id FROM orders.orders WHERE note = 'lost'");
    await client.query('SELECT count(*) FROM (SELECT id FROM orders.orders ORDER BY id OFFSET 0) AS o');
    await client.query("SELECT id FROM orders.orders WHERE note = 'lost' ORDER BY id DESC LIMIT 1");
    await client.end();
    const found = scansIn(log.read(), large).map(({ why }) => why);
    expect(found).toEqual([
      'reads all of orders.orders',
      expect.stringMatching(/^reads (all|\d{5} rows) of orders\.orders$/),
      expect.stringMatching(/^reads (all|\d{5} rows) of orders\.orders$/),
    ]);
  });
});

/** What runs by itself every few seconds has run too when these have. */
const BY_THEMSELVES = [
  /FROM sagas WHERE status IN/,
  /UPDATE outbox SET lease_until/,
  /FROM inbox WHERE state = 'waiting'/,
  /FROM reservations WHERE status = 'held'/,
  /FROM payments WHERE status = ANY/,
  /FROM refunds WHERE state = 'pending'/,
  /AS active FROM sessions/,
  /AS pending,/,
  /AS queued FROM notifications/,
  /DELETE FROM idempotency_keys WHERE/,
  /DELETE FROM sessions/,
  /AS dead FROM inbox/,
];

function expectTold(ran: Ran[]): Ran[] {
  const missing = BY_THEMSELVES.filter((each) => !ran.some(({ text }) => each.test(text)));
  if (missing.length > 0) throw new Error(`Not run yet: ${missing.join(', ')}`);
  return ran;
}

function inWords({ statement, why, node }: Scan): string {
  return `${why}: ${node}\n  ${statement}`;
}
