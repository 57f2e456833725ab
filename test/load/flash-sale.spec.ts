import { setTimeout as sleep } from 'node:timers/promises';
import { check, requireAllOk } from '../chaos/checker.js';
import { type Evidence, ledgerOf } from '../chaos/evidence.js';
import type { Buyer } from '../chaos/driver.js';
import { HttpClient, type Reply } from '../chaos/http-client.js';
import { untilSettled } from '../chaos/settling.js';
import { demoBuyers, deliver } from '../chaos/shop.js';
import { openStage, type Stage } from '../chaos/stage.js';
import { orderOf, place, sightingOf, tally } from './orders.js';

const SKU = 'PEN-002';
const STOCK = 100;
const BUYERS = 1000;

describe('a flash sale', () => {
  let stage: Stage;
  let client: HttpClient;

  beforeAll(async () => {
    stage = await openStage();
    await stage.start();
    client = new HttpClient(stage.url);
  });

  afterAll(async () => {
    client.close();
    await stage.close();
  });

  async function available(): Promise<number> {
    const { body } = await client.send({ method: 'GET', path: `/api/v1/inventory/${SKU}` });
    return Number(body['available']);
  }

  /** More come at once than are let in: who is turned away comes again when told to. */
  async function placeInTime(buyer: Buyer, key: string): Promise<Reply> {
    for (;;) {
      const reply = await place(client, buyer, key, orderOf(SKU));
      if (reply.status !== 503) return reply;
      expect(reply.body['code']).toBe('SERVICE.OVERLOADED');
      await sleep(Number(reply.headers['retry-after']) * 1000);
    }
  }

  it('sells exactly what is there to a thousand buyers who come at once', async () => {
    await deliver(stage.url, [SKU], STOCK - (await available()));
    const [alice, bob] = await demoBuyers(stage.url);
    if (!alice || !bob) throw new Error('The demo customers are missing');

    const sales = await Promise.all(
      Array.from({ length: BUYERS }, async (_, index) => {
        const buyer = index % 2 === 0 ? alice : bob;
        const key = `flash-${index}`;
        return { buyer, key, reply: await placeInTime(buyer, key) };
      }),
    );

    expect(tally(sales.map(({ reply }) => reply))).toEqual({
      '201': STOCK,
      '409 INVENTORY.OUT_OF_STOCK': BUYERS - STOCK,
    });
    expect(await available()).toBe(0);
    await untilSettled(stage.sql);
    const evidence: Evidence = {
      sql: stage.sql,
      ledger: await ledgerOf(stage.gatewayUrl),
      sightings: sales.map(({ buyer, key, reply }) => sightingOf(buyer, key, reply)),
    };
    expect(evidence.ledger.filter(({ kind }) => kind === 'capture')).toHaveLength(STOCK);
    expect(evidence.ledger).toHaveLength(STOCK);
    const [stock] = await stage.sql(
      'SELECT sum(on_hand)::int AS on_hand, sum(reserved)::int AS reserved FROM inventory.stock WHERE sku = $1',
      [SKU],
    );
    expect(stock).toEqual({ on_hand: 0, reserved: 0 });
    requireAllOk(await check(evidence));
  });
});
