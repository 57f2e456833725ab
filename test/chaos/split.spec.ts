import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'amqplib';
import { EVENTS_EXCHANGE } from '../../src/common/messaging/rabbitmq/names.js';
import { eventually } from '../eventually.js';
import { lookAtBroker, stirringAt } from './broker-view.js';
import { check, requireAllOk } from './checker.js';
import { Driver } from './driver.js';
import { type Footprint, ledgerOf, type Watched } from './evidence.js';
import { secondsUntilConfirmed } from './probes.js';
import { freshSeed, randomFrom } from './random.js';
import { SETTLE_MS, untilSettled } from './settling.js';
import { demoBuyers, deliver, PLENTY, SCARCE } from './shop.js';
import { type Fault, FAULTS } from './split-faults.js';
import { growth, type Row, times } from './split-report.js';
import { brokerOptions, footprints, isWhole, openSplitStage, pools, type SplitStage } from './split-stage.js';

/** Back in service within this time of any single fault: what is required, in seconds. */
const BACK_WITHIN = 30;
const CONCURRENCY = 5;
/** Orders before each hit, so that all are at work. */
const RUN_UP = 25;
const RUN_UP_MS = 20_000;
/** Orders after which caches, pools and compiled code are as they stay. */
const WARM_UP = 300;

const seed = freshSeed();
const random = randomFrom(seed);

describe('a Waybill of six processes', () => {
  const rows: Row[] = [];
  /** A message that no module can read: it is among the dead letters from the first moment to the last. */
  const planted = randomUUID();
  let stage: SplitStage;
  let driver: Driver;
  /** Places the orders by which the time is taken; all of them can be confirmed. */
  let prober: Driver;
  let before: Map<string, Footprint>;
  let processes: Watched[] = [];

  beforeAll(async () => {
    process.stdout.write(`split.spec.ts: CHAOS_SEED=${seed}\n`);
    stage = await openSplitStage();
    await deliver(stage.url, PLENTY, 1_000_000);
    const load = { url: stage.url, buyers: await demoBuyers(stage.url), goesOn: true };
    const skus = [...PLENTY, SCARCE];
    driver = new Driver({ ...load, seed, skus, concurrency: CONCURRENCY, cancelPercent: 20 });
    prober = new Driver({ ...load, seed: seed + 1, skus: PLENTY, concurrency: 0, cards: [['tok_visa', 1]] });
    await plant();
    driver.start();
    await eventually(() => expect(driver.acknowledged).toBeGreaterThan(WARM_UP), 60_000);
    await driver.stop();
    await settle(SETTLE_MS);
    before = await footprints(stage);
  }, 180_000);

  afterAll(async () => {
    driver?.close();
    prober?.close();
    await stage?.stop();
    process.stdout.write(`\n${times(rows)}\n\n${growth(processes)}\n\n`);
  }, 60_000);

  async function plant(): Promise<void> {
    const connection = await connect(stage.rabbit.url);
    const channel = await connection.createConfirmChannel();
    channel.publish(EVENTS_EXCHANGE, 'orders.confirmed.v1', Buffer.from('no event'), {
      messageId: planted,
      persistent: true,
    });
    await channel.waitForConfirms();
    await connection.close();
  }

  async function repeatUnanswered(): Promise<void> {
    await Promise.all([driver.repeatUnanswered(), prober.repeatUnanswered()]);
  }

  function settle(limitMs: number): Promise<void> {
    return untilSettled(stage.database.sql, limitMs, () => stirringAt(brokerOptions(stage)));
  }

  /** Hits while orders are placed; gives when, by `performance.now()`. */
  async function hit(fault: Fault): Promise<{ hitAt: number; inFlight: number }> {
    const start = driver.acknowledged;
    driver.start();
    await eventually(() => expect(driver.acknowledged).toBeGreaterThan(start + RUN_UP), RUN_UP_MS);
    let moment = { hitAt: 0, inFlight: 0 };
    await fault.strike(stage, () => {
      moment = { hitAt: performance.now(), inFlight: driver.noteFault(fault.name) };
    });
    return moment;
  }

  /** The load goes on until orders are confirmed again and all is whole. Gives the seconds until confirmed. */
  async function recover(fault: Fault, hitAt: number): Promise<number> {
    let over = false;
    const afterwards = (fault.afterwards?.(stage, random) ?? Promise.resolve()).then(() => (over = true));
    // Whoever waits for it is told at the end; until then it is nobody's.
    afterwards.catch(() => undefined);
    const seconds = await secondsUntilConfirmed(prober, hitAt, () => over && isWhole(stage));
    await afterwards;
    await driver.stop();
    return seconds;
  }

  async function proveNothingLost(): Promise<void> {
    const { database, gatewayUrl } = stage;
    const [broker, now, ledger] = await Promise.all([
      lookAtBroker({ ...brokerOptions(stage), planted: [planted] }),
      footprints(stage),
      ledgerOf(gatewayUrl),
    ]);
    processes = [...before].map(([name, was]) => ({ name, before: was, now: now.get(name) ?? was }));
    const sightings = [...driver.sightings, ...prober.sightings];
    requireAllOk(
      await check({ sql: database.sql, ledger, sightings, broker, processes, pools: pools(stage) }),
    );
    expect([driver.unansweredNow, prober.unansweredNow]).toEqual([0, 0]);
    expect([...driver.surprises, ...prober.surprises]).toEqual([]);
    expect(await driver.repeatAnswered(10)).toEqual([]);
  }

  it.each(FAULTS)(
    'loses nothing and is back soon: $name',
    async (fault) => {
      const { hitAt, inFlight } = await hit(fault);
      try {
        const confirmed = await recover(fault, hitAt);
        const end = performance.now() + SETTLE_MS;
        await Promise.race([repeatUnanswered(), sleep(SETTLE_MS, undefined, { ref: false })]);
        await fault.clearUp?.(stage);
        await settle(end - performance.now());
        rows.push({ fault: fault.name, inFlight, confirmed, settled: (performance.now() - hitAt) / 1000 });
        await proveNothingLost();
        expect(confirmed).toBeLessThan(BACK_WITHIN);
      } finally {
        await driver.stop();
      }
    },
    120_000,
  );
});
