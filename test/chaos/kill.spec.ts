import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { superuserUrl } from '../../src/common/persistence/embedded/embedded-database.js';
import { eventually } from '../harness.js';
import { check, requireAllOk } from './checker.js';
import { type Buyer, Driver } from './driver.js';
import { ledgerOf, type Sighting, type Sql } from './evidence.js';
import { INSPECTABLE, Inspector } from './inspector.js';
import { freshSeed, randomFrom } from './random.js';
import { SETTLE_MS, untilSettled } from './settling.js';
import { demoBuyers, deliver, PLENTY, SCARCE } from './shop.js';
import { openStage, type Stage, startGateway } from './stage.js';
import { type Exit, freePort, WaybillProcess } from './waybill-process.js';
import { temporaryFolder } from '../folder.js';

/** The steps of the workflow in their order, and at which time of passing the process dies. */
const POINTS: [point: string, times: number][] = [
  ['orders.create.before', 30],
  ['orders.create.after', 10],
  ['inventory.commit.before', 10],
  ['inventory.commit.after', 10],
  ['place-order.done.reserve stock', 30],
  ['payments.charge.before', 30],
  ['payments.charge.answered', 25],
  ['payments.outcome.recorded', 12],
  ['place-order.done.take payment', 25],
  ['orders.completed.before', 8],
  ['orders.completed.after', 8],
  // An order that is refused or cancelled, on its way back.
  ['place-order.turned back', 4],
  ['payments.void.answered', 2],
  ['place-order.undone.take payment', 4],
  ['place-order.undone.reserve stock', 4],
  ['orders.compensated.before', 3],
  ['orders.compensated.after', 3],
  ['orders.cancelled', 3],
  ['payments.refund.before', 3],
  ['payments.refund.answered', 3],
  // Events between the modules.
  ['orders.outbox.claimed', 6],
  ['orders.outbox.delivered', 6],
  ['inventory.outbox.delivered', 6],
  ['inventory.inbox.claimed', 5],
  ['payments.inbox.claimed', 3],
  ['notifications.inbox.claimed', 5],
  ['notifications.commit.after', 8],
];

/** What a crash leaves behind is the same however long one waits, so waits are short. */
const ENV = { GATEWAY_TIMEOUT_MS: '600' };
const CONCURRENCY = 16;
/** For the load to reach a point. */
const HIT_MS = 20_000;
const KILLED: Exit = { code: null, signal: 'SIGKILL' };

const seed = freshSeed();

beforeAll(() => process.stdout.write(`kill.spec.ts: CHAOS_SEED=${seed}\n`));

function drive(url: string, buyers: readonly Buyer[], run: number): Driver {
  const skus = [...PLENTY, SCARCE];
  const driver = new Driver({
    url,
    buyers,
    seed: seed + run,
    concurrency: CONCURRENCY,
    skus,
    cancelPercent: 20,
  });
  driver.start();
  return driver;
}

/** The answers that were lost are asked for, all comes to rest within the limit, and every invariant holds. */
async function proveNothingLost(
  driver: Driver,
  { sql, gatewayUrl }: Pick<Stage, 'sql' | 'gatewayUrl'>,
  earlier: readonly Sighting[],
  limitMs: number,
): Promise<void> {
  const end = Date.now() + limitMs;
  await Promise.race([driver.repeatUnanswered(), sleep(limitMs, undefined, { ref: false })]);
  await untilSettled(sql, end - Date.now());
  const sightings = [...earlier, ...driver.sightings];
  requireAllOk(await check({ sql, ledger: await ledgerOf(gatewayUrl), sightings }));
  expect(driver.unansweredNow).toBe(0);
  expect(driver.surprises).toEqual([]);
  expect(await driver.repeatAnswered(10)).toEqual([]);
}

describe('a process that is killed at a step of the workflow', () => {
  const sightings: Sighting[] = [];
  let stage: Stage;
  let app: WaybillProcess;
  let buyers: Buyer[];

  beforeAll(async () => {
    stage = await openStage();
    app = await stage.start(ENV, [INSPECTABLE]);
    await deliver(stage.url, PLENTY, 100_000);
    buyers = await demoBuyers(stage.url);
  });

  afterAll(() => stage.close());

  async function dieAt(point: string, times: number, run: number): Promise<Driver> {
    const inspector = await Inspector.attach(app);
    const driver = drive(stage.url, buyers, run);
    await inspector.arm(`${point}:${times}`);
    // Node does not end a process, not even by this signal, before its inspector has gone.
    inspector.close();
    const exit = await Promise.race([app.exited, sleep(HIT_MS, 'not hit' as const, { ref: false })]);
    await driver.stop();
    expect(exit).toEqual(KILLED);
    driver.noteFault(point);
    return driver;
  }

  it.each(POINTS)('loses nothing at %s', async (point, times) => {
    const driver = await dieAt(
      point,
      times,
      POINTS.findIndex(([name]) => name === point),
    );
    const restarted = Date.now();
    app = await stage.start(ENV, [INSPECTABLE]);
    await proveNothingLost(driver, stage, sightings, restarted + SETTLE_MS - Date.now());
    sightings.push(...driver.sightings);
    driver.close();
  });

  it('loses nothing when it dies again while it picks up what the first crash left behind', async () => {
    const driver = await dieAt('payments.charge.answered', 20, POINTS.length);
    // The sweeper takes the orders up as soon as their leases are over, and dies with the first it confirms.
    const again = stage.launch({ ...ENV, WAYBILL_FAILPOINT: 'orders.completed.after:1' });
    expect(await again.exited).toEqual(KILLED);
    const restarted = Date.now();
    app = await stage.start(ENV, [INSPECTABLE]);
    await proveNothingLost(driver, stage, sightings, restarted + SETTLE_MS - Date.now());
    driver.close();
  });
});

describe('a process that is killed together with its embedded database', () => {
  let dataDir: string;
  let gateway: Awaited<ReturnType<typeof startGateway>>;
  let pool: Pool | undefined;
  let app: WaybillProcess | undefined;

  beforeAll(async () => {
    dataDir = await temporaryFolder('killed');
    gateway = await startGateway(join(dataDir, 'ledger.jsonl'));
  });

  afterAll(async () => {
    await pool?.end();
    await app?.sigterm();
    await gateway.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  async function killDatabase(): Promise<void> {
    const [pid] = (await readFile(join(dataDir, 'postgres/cluster/postmaster.pid'), 'utf8')).split('\n');
    process.kill(Number(pid), 'SIGKILL');
  }

  async function connect(): Promise<Sql> {
    const [password, port] = await Promise.all(
      ['superuser-password', 'port'].map((file) => readFile(join(dataDir, 'postgres', file), 'utf8')),
    );
    pool = new Pool({ connectionString: superuserUrl(String(password).trim(), Number(port)), max: 1 });
    pool.on('error', () => undefined);
    return async (text, values) => (await (pool as Pool).query(text, values)).rows;
  }

  it('loses nothing, also when both are killed again during recovery', async () => {
    const options = { port: await freePort(), dataDir, env: { ...ENV, GATEWAY_URL: gateway.url } };
    app = await WaybillProcess.start(options);
    await deliver(app.url, PLENTY, 100_000);
    const driver = drive(app.url, await demoBuyers(app.url), 1000);
    await eventually(() => expect(driver.acknowledged).toBeGreaterThan(40), HIT_MS);
    await Promise.all([killDatabase(), app.kill9()]);
    await driver.stop();
    driver.noteFault('process and database');

    const second = WaybillProcess.launch(options);
    await sleep(randomFrom(seed).next() * 2000);
    await Promise.all([killDatabase().catch(() => undefined), second.kill9()]);

    const restarted = Date.now();
    app = await WaybillProcess.start(options);
    const sql = await connect();
    await proveNothingLost(driver, { sql, gatewayUrl: gateway.url }, [], restarted + SETTLE_MS - Date.now());
    driver.close();
  });
});
