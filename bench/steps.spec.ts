import { hash } from '@node-rs/argon2';
import { Client } from 'pg';
import { untilSettled } from '../test/chaos/settling.js';
import { startWaybill, type WaybillInside } from '../test/harness.js';
import { shotsOf } from './load/requests.js';
import { fillShop, PASSWORD, skuOf } from './shop.js';
import { inOneTransaction, PER_STEP } from './sql/scripts.js';
import { runScript } from './sql/run-script.js';

/** So that the time of bare SQL can be compared with Waybill's, it has to write what Waybill writes. */
describe('an order in bare SQL', () => {
  let waybill: WaybillInside;
  let client: Client;
  let token: string;
  let byHttp: Record<string, number>;

  beforeAll(async () => {
    waybill = await startWaybill({ SEED_DEMO: 'false' });
    client = new Client({ connectionString: waybill.databaseUrl });
    await client.connect();
    await fillShop(client, await hash(PASSWORD, { memoryCost: 64, timeCost: 2, parallelism: 1 }));
    token = await waybill.api.login('buyer7@bench.test', PASSWORD);
    byHttp = await rowsBy(orderOverHttp);
    // Its relays would take up the events of bare SQL, while it is about to take them in itself.
    await waybill.app.close();
  });
  afterAll(async () => {
    await client?.end();
    await waybill?.stop();
  });

  /** The rows in each table of each schema. */
  const rows = async () => {
    const tables = await waybill.sql<{ name: string }>(
      `SELECT schemaname || '.' || relname AS name FROM pg_stat_user_tables ORDER BY 1`,
    );
    const counts = tables.map(({ name }) => `SELECT '${name}' AS name, count(*)::int AS n FROM ${name}`);
    const counted = await waybill.sql<{ name: string; n: number }>(counts.join(' UNION ALL '));
    return new Map(counted.map(({ name, n }) => [name, n]));
  };
  const rowsBy = async (act: () => Promise<void>) => {
    const before = await rows();
    await act();
    await untilSettled(waybill.sql);
    const grown = [...(await rows())].map(([name, n]) => [name, n - (before.get(name) ?? 0)] as const);
    return Object.fromEntries(grown.filter(([, n]) => n !== 0));
  };
  const orderOverHttp = async () => {
    const { path, body } = shotsOf({
      kind: 'orders',
      tokens: [token],
      skus: [skuOf(2)],
      hot: skuOf(1),
      seed: 1,
    })();
    const { status } = await waybill.api.post(path, body, { token });
    expect(status).toBe(201);
  };

  it('is an order of two lines with six events, as Waybill places it', () => {
    expect(byHttp).toMatchObject({
      'orders.orders': 1,
      'orders.order_items': 2,
      'orders.outbox': 2,
      'inventory.outbox': 2,
      'payments.outbox': 1,
      'notifications.outbox': 1,
      'notifications.notifications': 2,
    });
  });

  it.each([
    ['step by step', PER_STEP],
    ['in one transaction', inOneTransaction(PER_STEP)],
  ])('writes as many rows in each table as one over HTTP, %s', async (_how, script) => {
    const bySql = await rowsBy(() => runScript(client, script, { n1: 1, n2: 2, buyer: 7 }));
    expect(bySql).toEqual(byHttp);
  });
});
