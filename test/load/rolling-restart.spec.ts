import { check, requireAllOk } from '../chaos/checker.js';
import { ledgerOf, type Sighting } from '../chaos/evidence.js';
import { HttpClient } from '../chaos/http-client.js';
import { untilSettled } from '../chaos/settling.js';
import { demoBuyers, deliver, PLENTY } from '../chaos/shop.js';
import { eventually } from '../harness.js';
import { type SplitWaybill, startSplit } from '../split.js';
import { orderOf, place, sightingOf } from './orders.js';

const LANES = 8;
/** Two of each: one at a time takes long enough. */
const PAIRS = [
  ['orders', 'payments'],
  ['inventory', 'catalog'],
  ['users', 'notifications'],
] as const;

describe('processes that are replaced one after the other, under load', () => {
  const sightings: Sighting[] = [];
  const failed: string[] = [];
  let waybill: SplitWaybill;
  let going = true;

  beforeAll(async () => {
    waybill = await startSplit({ layout: PAIRS, replicas: 2, env: { ACCESS_TOKEN_SECONDS: '3600' } });
    await deliver(waybill.url, PLENTY, 100_000);
  });

  afterAll(async () => {
    going = false;
    await waybill?.stop();
  });

  it('answers every request as if nothing was the matter, and loses nothing', async () => {
    const buyers = await demoBuyers(waybill.url);
    const lanes = Array.from({ length: LANES }, async (_, lane) => {
      const buyer = buyers[lane % 2];
      if (!buyer) throw new Error('no buyer');
      const client = new HttpClient(waybill.url);
      for (let index = 0; going; index++) {
        const key = `rolling-${lane}-${index}`;
        const sku = PLENTY[index % PLENTY.length] ?? 'MUG-001';
        try {
          const reply = await place(client, buyer, key, orderOf(sku));
          sightings.push(sightingOf(buyer, key, reply));
          if (reply.status !== 201)
            failed.push(`${reply.status} ${JSON.stringify(reply.body).slice(0, 300)}`);
          const read = await client.send({
            method: 'GET',
            path: `/api/v1/products/${sku}`,
            token: buyer.token,
          });
          if (read.status !== 200) failed.push(`GET ${read.status}`);
        } catch (error) {
          failed.push(String(error));
        }
      }
      client.close();
    });
    await eventually(() => expect(sightings.length).toBeGreaterThan(50));
    const before = waybill.cluster.members.map(({ pid }) => pid);
    await waybill.cluster.rollingRestart();
    const during = sightings.length;
    going = false;
    await Promise.all(lanes);

    const after = waybill.cluster.members.map(({ pid }) => pid);
    expect(after).toHaveLength(6);
    expect(after.filter((pid) => before.includes(pid))).toEqual([]);
    expect(during).toBeGreaterThan(200);
    expect(failed).toEqual([]);
    await untilSettled(waybill.sql);
    requireAllOk(await check({ sql: waybill.sql, ledger: await ledgerOf(waybill.gateway.url), sightings }));
  }, 180_000);
});
