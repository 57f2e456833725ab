import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { LedgerEntry } from '../../src/mock-gateway/ledger.js';
import { eventually } from '../harness.js';
import { rabbitForTest } from '../services.js';
import { check, INVARIANTS, report, requireAllOk } from './checker.js';
import { Driver } from './driver.js';
import {
  type BrokerView,
  type Evidence,
  type Footprint,
  ledgerOf,
  type QueueView,
  type Sighting,
  type Sql,
} from './evidence.js';
import { HttpClient } from './http-client.js';
import { freshSeed } from './random.js';
import { untilSettled } from './settling.js';
import { demoBuyers, deliver, PLENTY, SCARCE } from './shop.js';
import { openStage, type Stage } from './stage.js';
import { SCHEMAS } from './subscribers.js';

const ROOT = join(__dirname, '../..');
const seed = freshSeed();

/** Changes what the checker will see: rows by SQL, or what ledger, driver, broker and processes tell. */
type Plant = (evidence: Evidence, stage: Stage) => Promise<Partial<Evidence> | undefined>;

/** Of another session than the checker's own; ended after each test. */
const sessions: Client[] = [];

async function sessionOf({ databaseUrl }: Stage, name: string, ...statements: string[]): Promise<void> {
  const session = new Client({ connectionString: databaseUrl, application_name: name });
  sessions.push(session);
  await session.connect();
  for (const statement of statements) await session.query(statement);
}

/** A broker at rest: one module takes in events and answers calls, and one message was made to die. */
const BROKER: BrokerView = {
  queues: [
    { name: 'waybill.inventory.events', messages: 0, consumers: 1, expected: 1 },
    { name: 'waybill.inventory.calls', messages: 0, consumers: 1, expected: 1 },
    { name: 'waybill.delay.1s', messages: 0, consumers: 0, expected: 0 },
  ],
  unacknowledged: 0,
  deadLetters: [{ module: 'inventory', id: 'planted', reason: 'not an event' }],
  planted: ['planted'],
};
const FOOTPRINT: Footprint = { heapBytes: 50 * 2 ** 20, handles: 30, descriptors: 40 };

const broker =
  (change: (view: BrokerView) => Partial<BrokerView>): Plant =>
  ({ broker: view = BROKER }) =>
    Promise.resolve({ broker: { ...view, ...change(view) } });
const queue = (name: string, change: Partial<QueueView>): Plant =>
  broker(({ queues }) => ({
    queues: queues.map((each) => (each.name === name ? { ...each, ...change } : each)),
  }));
const grown =
  (change: Partial<Footprint>): Plant =>
  ({ processes = [] }) =>
    Promise.resolve({ processes: processes.map((each) => ({ ...each, now: { ...each.now, ...change } })) });

const sql =
  (...statements: string[]): Plant =>
  async (evidence) => {
    for (const statement of statements) await evidence.sql(statement);
    return undefined;
  };
const ledger =
  (change: (entries: readonly LedgerEntry[]) => LedgerEntry[]): Plant =>
  async (evidence) => ({
    ledger: change(evidence.ledger),
  });
const sightings =
  (change: (all: readonly Sighting[], evidence: Evidence) => Promise<Sighting[]> | Sighting[]): Plant =>
  async (evidence) => ({ sightings: await change(evidence.sightings ?? [], evidence) });

const one = (status: string) =>
  `(SELECT id FROM orders.orders WHERE status = '${status}' ORDER BY id LIMIT 1)`;
const CAPTURED = "(SELECT id FROM payments.payments WHERE status = 'captured' ORDER BY id LIMIT 1)";

async function idOf(run: Sql, status: string): Promise<string> {
  const [row] = await run<{ id: string }>(`SELECT ${one(status)} AS id`);
  return row?.id ?? '';
}

const withoutFirst = <T>(entries: readonly T[], matches: (entry: T) => boolean): T[] =>
  entries.toSpliced(entries.findIndex(matches), 1);

/** One thing at a time that is not as it must be, and the invariant that has to notice. */
const PLANTS: [name: string, what: string, plant: Plant][] = [
  [
    'I1',
    'an acknowledged order that is gone',
    sql(`DELETE FROM orders.orders WHERE id = ${one('confirmed')}`),
  ],
  [
    'I1',
    'an order acknowledged as confirmed that never was',
    sql(`DELETE FROM orders.order_history WHERE to_status = 'confirmed' AND order_id = ${one('confirmed')}`),
  ],
  [
    'I1',
    'a cancellation that was acknowledged and forgotten',
    sightings(async (all, { sql: run }) => [
      ...all,
      { kind: 'cancelled', orderId: await idOf(run, 'confirmed') },
    ]),
  ],
  [
    'I2',
    'two orders of one key',
    sql(
      `UPDATE orders.sagas SET state = jsonb_set(state, '{key}', (SELECT state -> 'key' FROM orders.sagas
         WHERE id = ${one('confirmed')})) WHERE id = ${one('shipped')}`,
    ),
  ],
  [
    'I2',
    'one key answered with two orders',
    sightings((all) => {
      const placed = all.find((each) => each.kind === 'placed' && each.status === 201);
      return placed
        ? [...all, { ...placed, orderId: '0199c0de-0000-7000-8000-00000000dead' } as Sighting]
        : [];
    }),
  ],
  [
    'I2',
    'a key that is in flight for ever',
    sql('UPDATE orders.idempotency_keys SET status = NULL, answer = NULL'),
  ],
  [
    'I2',
    'a refusal under whose key an order stands',
    sightings((all) =>
      all.map((each) => (each.kind === 'placed' && each.status === 201 ? { ...each, status: 402 } : each)),
    ),
  ],
  [
    'I3',
    'an order that is pending',
    sql(`UPDATE orders.orders SET status = 'pending' WHERE id = ${one('confirmed')}`),
  ],
  [
    'I3',
    'a saga that runs',
    sql(`UPDATE orders.sagas SET status = 'running' WHERE id = ${one('confirmed')}`),
  ],
  ['I3', 'an order without its saga', sql(`DELETE FROM orders.sagas WHERE id = ${one('failed')}`)],
  [
    'I3',
    'a payment token that was kept',
    sql(`UPDATE orders.sagas SET state = state || '{"token": "tok_visa"}' WHERE id = ${one('confirmed')}`),
  ],
  [
    'I4',
    'more reserved than there is',
    sql(
      'ALTER TABLE inventory.stock DROP CONSTRAINT stock_check',
      "UPDATE inventory.stock SET reserved = on_hand + 1 WHERE sku = 'MUG-001'",
    ),
  ],
  [
    'I5',
    'stock that came from nowhere',
    sql("UPDATE inventory.stock SET on_hand = on_hand + 1 WHERE sku = 'MUG-001'"),
  ],
  [
    'I5',
    'stock that is held for nobody',
    sql("UPDATE inventory.stock SET reserved = reserved + 1, on_hand = on_hand + 1 WHERE sku = 'MUG-001'"),
  ],
  [
    'I6',
    'a confirmed order whose stock was given back',
    sql(`UPDATE inventory.reservations SET status = 'released' WHERE order_id = ${one('confirmed')}`),
  ],
  [
    'I6',
    'a confirmed order that took less than was ordered',
    sql(
      `UPDATE inventory.movements SET on_hand_delta = 0 WHERE kind = 'committed' AND order_id = ${one('confirmed')}`,
    ),
  ],
  [
    'I7',
    'a cancelled order that holds stock',
    sql(`UPDATE inventory.reservations SET status = 'committed' WHERE order_id = ${one('cancelled')}`),
  ],
  [
    'I7',
    'a cancelled order whose stock is lost',
    sql(
      `DELETE FROM inventory.movements WHERE kind IN ('released', 'restocked') AND order_id = ${one('cancelled')}`,
    ),
  ],
  [
    'I8',
    'stock taken twice for one order',
    sql(
      'DROP INDEX inventory.movements_once',
      `INSERT INTO inventory.movements (id, sku, warehouse, kind, on_hand_delta, reserved_delta, reason, actor, order_id)
       SELECT gen_random_uuid(), sku, warehouse, kind, on_hand_delta, reserved_delta, reason, actor, order_id
       FROM inventory.movements WHERE kind = 'committed' AND order_id = ${one('confirmed')}`,
    ),
  ],
  [
    'I9',
    'an order charged under two keys',
    ledger((entries) => [
      ...entries,
      ...entries
        .filter(({ kind }) => kind === 'capture')
        .map((entry) => ({ ...entry, key: `again:${entry.key}` })),
    ]),
  ],
  [
    'I9',
    'a key charged twice',
    ledger((entries) => [...entries, ...entries.filter(({ kind }) => kind === 'capture').slice(0, 1)]),
  ],
  [
    'I10',
    'a capture that the gateway never made',
    ledger((entries) => withoutFirst(entries, ({ kind }) => kind === 'capture')),
  ],
  [
    'I10',
    'a capture that our books have not',
    sql(
      `DELETE FROM payments.refunds WHERE payment_id = ${CAPTURED}`,
      `DELETE FROM payments.payments WHERE id = ${CAPTURED}`,
    ),
  ],
  [
    'I10',
    'a payment of unknown outcome',
    sql(`UPDATE payments.payments SET status = 'unknown' WHERE id = ${CAPTURED}`),
  ],
  [
    'I10',
    'a capture of another amount',
    sql(`UPDATE payments.payments SET amount = amount + 1 WHERE id = ${CAPTURED}`),
  ],
  ['I10', 'a refund that is still under way', sql("UPDATE payments.refunds SET state = 'pending'")],
  [
    'I10',
    'an order that shows another state of its payment',
    sql(`UPDATE orders.orders SET payment_status = 'refunded' WHERE id = ${one('confirmed')}`),
  ],
  [
    'I11',
    'money kept for a cancelled order',
    ledger((entries) =>
      withoutFirst(entries, ({ kind, refundKey }) => kind === 'refund' && refundKey !== undefined),
    ),
  ],
  [
    'I11',
    'a confirmed order that was not paid in full',
    sql(`UPDATE orders.orders SET total_amount = total_amount + 1 WHERE id = ${one('confirmed')}`),
  ],
  [
    'I12',
    'an event that was not published',
    sql("UPDATE orders.outbox SET published_at = NULL WHERE name = 'orders.confirmed'"),
  ],
  ['I12', 'a transition without its event', sql("DELETE FROM orders.outbox WHERE name = 'orders.cancelled'")],
  [
    'I12',
    'a transition with two events',
    sql(
      `INSERT INTO orders.outbox (id, name, version, key, occurred_at, correlation_id, payload, published_at)
       SELECT gen_random_uuid(), name, version, key, occurred_at, correlation_id, payload, published_at
       FROM orders.outbox WHERE name = 'orders.confirmed' LIMIT 1`,
    ),
  ],
  [
    'I12',
    'stock that was taken without an event',
    sql("DELETE FROM inventory.outbox WHERE name = 'inventory.committed'"),
  ],
  ['I12', 'a refund without its event', sql("DELETE FROM payments.outbox WHERE name = 'payments.refunded'")],
  ['I12', 'a payment without its event', sql("DELETE FROM payments.outbox WHERE name = 'payments.captured'")],
  [
    'I13',
    'an event that a module never took in',
    sql("DELETE FROM inventory.inbox WHERE name = 'orders.confirmed'"),
  ],
  [
    'I13',
    'an event that still waits',
    sql("UPDATE notifications.inbox SET state = 'waiting' WHERE name = 'orders.created'"),
  ],
  [
    'I13',
    'an event that is a dead letter of another module only',
    async ({ sql: run, broker: view = BROKER }) => {
      const [row] = await run<{ event_id: string }>(
        "DELETE FROM inventory.inbox WHERE name = 'orders.confirmed' RETURNING event_id",
      );
      const letter = { module: 'notifications', id: row?.event_id ?? '', reason: 'a bug' };
      return { broker: { ...view, deadLetters: [...view.deadLetters, letter] } };
    },
  ],
  [
    'I14',
    'a mail that was never written',
    sql("DELETE FROM notifications.notifications WHERE template = 'order-failed'"),
  ],
  [
    'I14',
    'a mail written twice',
    sql(
      'ALTER TABLE notifications.notifications DROP CONSTRAINT notifications_once',
      `INSERT INTO notifications.notifications (id, user_id, order_id, occasion, template, type, subject, body, status)
       SELECT gen_random_uuid(), user_id, order_id, occasion, template, type, subject, body, status
       FROM notifications.notifications WHERE template = 'order-confirmed' LIMIT 1`,
    ),
  ],
  [
    'I15',
    'a transition that is not allowed',
    sql(
      `UPDATE orders.order_history SET to_status = 'shipped' WHERE version = 2 AND order_id = ${one('confirmed')}`,
    ),
  ],
  [
    'I15',
    'a version that is missing',
    sql(`DELETE FROM orders.order_history WHERE version = 1 AND order_id = ${one('confirmed')}`),
  ],
  [
    'I15',
    'an order that is not what its history says',
    sql(`UPDATE orders.orders SET version = version + 1 WHERE id = ${one('confirmed')}`),
  ],
  ['I16', 'a message that nobody reads', queue('waybill.inventory.events', { messages: 1 })],
  ['I16', 'a delivery that waits', queue('waybill.delay.1s', { messages: 1 })],
  ['I16', 'a consumer that is missing', queue('waybill.inventory.calls', { consumers: 0 })],
  ['I16', 'a consumer too many', queue('waybill.inventory.events', { consumers: 2 })],
  ['I16', 'a message that is never acknowledged', broker(() => ({ unacknowledged: 1 }))],
  [
    'I16',
    'a dead letter that nobody planted',
    broker(({ deadLetters }) => ({
      deadLetters: [...deadLetters, { module: 'orders', id: 'another', reason: 'a bug' }],
    })),
  ],
  ['I16', 'a planted dead letter that is lost', broker(() => ({ deadLetters: [] }))],
  [
    'I17',
    'a transaction left open',
    async (_, stage) => {
      await sessionOf(stage, 'waybill-orders', 'BEGIN', 'SELECT count(*) FROM orders.orders');
      return undefined;
    },
  ],
  [
    'I17',
    'a lock that a session holds on to',
    async (_, stage) => {
      await sessionOf(stage, 'waybill-orders', 'SELECT pg_advisory_lock(1)');
      return undefined;
    },
  ],
  [
    'I17',
    'more sessions than a pool may have',
    async (_, stage) => {
      for (let count = 0; count < 3; count += 1) await sessionOf(stage, 'waybill-orders');
      return { pools: { 'waybill-orders': 2 } };
    },
  ],
  ['I17', 'a process whose memory has grown', grown({ heapBytes: 100 * 2 ** 20 })],
  ['I17', 'a process that keeps its sockets', grown({ handles: 60 })],
  ['I17', 'a process that keeps its files', grown({ descriptors: 70 })],
];

describe('the checker', () => {
  let folder: string;
  let stage: Stage;
  let client: Client;
  let evidence: Evidence;

  /** A store at rest in which everything has happened once, and nobody at work that could mend what is planted. */
  beforeAll(async () => {
    process.stdout.write(`checker.spec.ts: CHAOS_SEED=${seed}\n`);
    folder = await mkdtemp(join(tmpdir(), 'waybill-checker-'));
    stage = await openStage();
    const app = await stage.start({ GATEWAY_TIMEOUT_MS: '600' });
    evidence = { sql: stage.sql, ledger: [], sightings: await fillStore() };
    await untilSettled(stage.sql);
    await app.sigterm();
    client = new Client({ connectionString: stage.databaseUrl });
    await client.connect();
    const run: Sql = async (text, values) => (await client.query(text, values)).rows;
    const ledgerNow = await ledgerOf(stage.gatewayUrl);
    const processes = [{ name: 'all', before: FOOTPRINT, now: FOOTPRINT }];
    evidence = { ...evidence, sql: run, ledger: ledgerNow, broker: BROKER, processes };
  });

  afterAll(async () => {
    await client.end();
    await stage.close();
    await rm(folder, { recursive: true, force: true });
  });

  beforeEach(() => client.query('BEGIN'));
  afterEach(async () => {
    await client.query('ROLLBACK');
    for (const session of sessions.splice(0)) await session.end();
  });

  async function fillStore(): Promise<Sighting[]> {
    await deliver(stage.url, PLENTY, 1000);
    const buyers = await demoBuyers(stage.url);
    const driver = new Driver({
      url: stage.url,
      buyers,
      seed,
      concurrency: 12,
      skus: [...PLENTY, SCARCE],
      cancelPercent: 20,
      file: join(folder, 'acknowledgements.jsonl'),
    });
    driver.start();
    await eventually(() => {
      expect(driver.acknowledged).toBeGreaterThan(60);
      expect(driver.sightings.filter(({ kind }) => kind === 'cancelled').length).toBeGreaterThan(3);
      expect(new Set(driver.sightings.map((each) => each.kind === 'placed' && each.status))).toContain(402);
    }, 30_000);
    await driver.stop();
    driver.close();
    await workByHand();
    return driver.sightings;
  }

  /** Staff ship one order, and pay back a part of another. */
  async function workByHand(): Promise<void> {
    const staff = new HttpClient(stage.url);
    const token = await staff.login('staff@waybill.test');
    const [shipped, refunded] = await stage.sql<{ id: string; payment_id: string }>(
      "SELECT id, payment_id FROM orders.orders WHERE status = 'confirmed' ORDER BY id DESC LIMIT 2",
    );
    for (const status of ['processing', 'shipped']) {
      const path = `/api/v1/orders/${shipped?.id}`;
      expect((await staff.send({ method: 'PUT', path, token, body: { status } })).status).toBe(200);
    }
    const path = `/api/v1/payments/${refunded?.payment_id}/refund`;
    const body = { amount: { amount: 100, currency: 'EUR' }, reason: 'a scratch' };
    expect((await staff.send({ method: 'POST', path, token, key: 'scratch', body })).status).toBeLessThan(
      300,
    );
    staff.close();
  }

  async function checkProgram(...args: string[]): Promise<{ code: number; output: string }> {
    const program = [join(ROOT, 'scripts/run-ts.js'), join(ROOT, 'test/chaos/check.ts')];
    const child = execFile(
      process.execPath,
      [...program, '--gateway', stage.gatewayUrl, '--wait', '0', ...args],
      {
        env: { PATH: process.env['PATH'], DATABASE_URL: stage.databaseUrl },
      },
    );
    let output = '';
    child.stdout?.on('data', (text: string) => (output += text));
    child.stderr?.on('data', (text: string) => (output += text));
    const [code] = (await once(child, 'close')) as [number];
    return { code, output };
  }

  it('finds nothing wrong with a store that is as it must be', async () => {
    const findings = await check(evidence);
    requireAllOk(findings);
    expect(findings.map(({ name }) => name)).toEqual(['I0', ...INVARIANTS.map(({ name }) => name)]);
  });

  it('has a planted violation for every invariant', () => {
    const planted = new Set(PLANTS.map(([name]) => name));
    expect(INVARIANTS.map(({ name }) => name).filter((name) => !planted.has(name))).toEqual([]);
    expect(INVARIANTS).toHaveLength(17);
  });

  it.each(PLANTS)('reports %s: %s', async (name, _what, plant) => {
    const findings = await check({ ...evidence, ...(await plant(evidence, stage)) });
    const found = findings.find((finding) => finding.name === name);
    expect(found?.state).toBe('VIOLATED');
    expect(found?.offenders.length).toBeGreaterThan(0);
    expect(() => requireAllOk(findings)).toThrow(`${name.padEnd(4)}VIOLATED`);
  });

  it.each<[string, (all: readonly Sighting[]) => Sighting[]]>([
    ['too little was acknowledged', (all) => all.slice(0, 5)],
    [
      'a fault hit while nothing was in flight',
      (all) => [...all, { kind: 'fault', name: 'kill -9', inFlight: 0 }],
    ],
  ])('calls a run inconclusive in which %s', async (_what, change) => {
    const findings = await check({ ...evidence, sightings: change(evidence.sightings ?? []) });
    expect(findings[0]).toMatchObject({ name: 'I0', state: 'inconclusive' });
    expect(() => requireAllOk(findings)).toThrow('inconclusive');
  });

  it('takes a dead letter for an answer to what became of an event', async () => {
    const [row] = await evidence.sql<{ event_id: string }>(
      `DELETE FROM inventory.inbox WHERE event_id = (SELECT event_id FROM inventory.inbox
         WHERE name = 'orders.confirmed' LIMIT 1) RETURNING event_id`,
    );
    const id = row?.event_id ?? '';
    const letter = { module: 'inventory', id, reason: 'a bug' };
    const view = { ...BROKER, deadLetters: [...BROKER.deadLetters, letter], planted: ['planted', id] };
    requireAllOk(await check({ ...evidence, broker: view }));
  });

  it('does not ask for queues where there is no broker', async () => {
    const { sql: run, ledger: entries, sightings: all } = evidence;
    const findings = await check({ sql: run, ledger: entries, sightings: all });
    expect(findings.find(({ name }) => name === 'I16')?.state).toBe('not asked');
    requireAllOk(findings);
  });

  it('is not content with a run that nobody watched', async () => {
    const findings = await check({ ...evidence, sightings: null });
    expect(() => requireAllOk(findings)).toThrow('not asked');
  });

  it('shows some of the rows that are wrong, and tells how many more there are', async () => {
    await evidence.sql("UPDATE orders.outbox SET published_at = NULL WHERE name = 'orders.created'");
    const text = report(await check(evidence));
    expect(text).toMatch(/^I12 VIOLATED .*\n( {4}\{.*orders\.created.*\}\n){5} {4}… and \d+ more$/m);
  });

  it('is a program that ends with 0, 1 or 2', async () => {
    await client.query('ROLLBACK'); // It would find our own transaction open.
    const file = join(folder, 'acknowledgements.jsonl');
    const clean = await checkProgram('--acknowledgements', file);
    expect(clean.output.split('\n').filter((line) => /^I\d+ +ok /.test(line))).toHaveLength(17);
    expect(clean.output).toMatch(/^I16 +not asked /m);
    expect(clean.code).toBe(0);

    await writeFile(join(folder, 'short.jsonl'), '{"kind":"fault","name":"none","inFlight":1}\n');
    expect(await checkProgram('--acknowledgements', join(folder, 'short.jsonl'))).toMatchObject({ code: 2 });
    expect(await checkProgram('--database', 'postgres://nobody@127.0.0.1:1/none')).toMatchObject({ code: 2 });

    const bare = await rabbitForTest();
    const unattended = await checkProgram('--rabbitmq', bare.url);
    expect(unattended.output).toMatch(
      /^I16 +VIOLATED .*\n {4}\{"queue":"waybill\.\w+\.events","consumers":0/m,
    );
    expect(unattended.code).toBe(1);
    const none = SCHEMAS.flatMap((module) => ['--replicas', `${module}=0`]);
    const deserted = await checkProgram('--rabbitmq', bare.url, ...none);
    expect(deserted.output).toMatch(/^I16 +ok /m);
    await bare.release();

    await stage.sql("UPDATE inventory.stock SET on_hand = on_hand + 1 WHERE sku = 'MUG-001'");
    const violated = await checkProgram();
    expect(violated.output).toMatch(/^I5 +VIOLATED .*\n {4}\{"sku":"MUG-001"/m);
    expect(violated.code).toBe(1);
  }, 120_000);
});
