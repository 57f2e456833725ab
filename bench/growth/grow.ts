import type { Client } from 'pg';
import { BATCH, BATCH_LINES, EVENTS, ROWS, SESSION_TABLES } from './rows.js';

export interface Growth {
  /** How many orders there are to be. */
  orders: number;
  /** Of how many, the newest, events and notifications are there too: they are two thirds of what an order takes. */
  withEvents: number;
  /** The past that they are spread over. */
  days?: number;
  /** Orders of one transaction. */
  chunk?: number;
  /** Gets a line now and then. */
  log?: (line: string) => void;
}

/** Nothing of the server's changes, only this session's: what a crash loses is loaded again. */
const SESSION = `SET synchronous_commit = off; SET work_mem = '256MB';
  SET maintenance_work_mem = '512MB'; SET jit = off`;

/**
 * Fills a migrated store, whose shop is open (`fillShop`), with finished orders: consistent as the checker of
 * `test/chaos` sees it, but for the gateway's ledger, which has nothing of these. As the superuser.
 */
export async function grow(admin: Client, growth: Growth): Promise<void> {
  const { orders, withEvents, days = 365, chunk = 50_000, log = () => undefined } = growth;
  await admin.query(SESSION);
  await admin.query(SESSION_TABLES);
  const first = await takeNumbers(admin, orders);
  const began = performance.now();
  const quiet = Math.max(0, orders - withEvents);
  for (let from = 1, to = 0; from <= orders; from = to + 1) {
    const told = from > quiet;
    // A chunk ends where events begin, so that exactly the newest have them.
    to = Math.min(from + chunk - 1, told ? orders : quiet);
    await addChunk(admin, [from, to, orders, days * 86_400, first], told ? [...ROWS, ...EVENTS] : ROWS);
    const seconds = (performance.now() - began) / 1000;
    log(`${to} of ${orders} orders in ${seconds.toFixed(0)} s, ${Math.round(to / seconds)} a second`);
  }
  log('VACUUM ANALYZE');
  await admin.query('DROP TABLE goods, buyers, batch, batch_lines');
  await admin.query('VACUUM ANALYZE');
  log(`Done in ${((performance.now() - began) / 1000).toFixed(0)} s`);
}

async function addChunk(admin: Client, values: number[], statements: readonly string[]): Promise<void> {
  await admin.query('BEGIN');
  try {
    await admin.query('TRUNCATE batch, batch_lines');
    await admin.query(BATCH, values);
    await admin.query(BATCH_LINES);
    await admin.query('ANALYZE batch; ANALYZE batch_lines');
    for (const statement of statements) await admin.query(statement);
    await admin.query('COMMIT');
  } catch (error) {
    await admin.query('ROLLBACK');
    throw error;
  }
}

/** Takes order numbers from the sequence as a process does (`OrderNumbers`), in one go. Gives the first. */
async function takeNumbers(admin: Client, count: number): Promise<number> {
  const { rows } = await admin.query<{ block: string }>(
    "SELECT nextval('orders.order_number_blocks') AS block",
  );
  const block = Number(rows[0]?.block);
  await admin.query("SELECT setval('orders.order_number_blocks', $1)", [block + Math.ceil(count / 100)]);
  return (block - 1) * 100 + 1;
}
