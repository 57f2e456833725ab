import type { Buyer } from '../chaos/driver.js';
import { HttpClient } from '../chaos/http-client.js';
import { INSPECTABLE, Inspector } from '../chaos/inspector.js';
import { untilSettled } from '../chaos/settling.js';
import { demoBuyers, deliver, PLENTY } from '../chaos/shop.js';
import { openStage, type Stage } from '../chaos/stage.js';
import { orderOf, place } from './orders.js';

/**
 * By then everything that is loaded on first use is loaded, code is compiled, connection pools are full, and the
 * caches, which are all bounded, hold what this load puts into them: two users and six products.
 */
const WARM_UP = 3000;
const MARKS = [5000, 10_000, 20_000];
const LANES = 256;
const GROWTH = 1.1;

describe('memory', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await openStage();
  });

  afterAll(() => stage.close());

  it('does not grow over 20,000 orders', async () => {
    const app = await stage.start({}, [INSPECTABLE]);
    await deliver(stage.url, PLENTY, 1_000_000);
    const buyers = await demoBuyers(stage.url);
    const client = new HttpClient(stage.url);
    let placed = 0;

    const placeUpTo = async (total: number) => {
      const lane = async () => {
        while (placed < total) {
          const number = placed++;
          const sku = PLENTY[number % PLENTY.length] ?? 'MUG-001';
          const { status } = await place(
            client,
            buyers[number % 2] as Buyer,
            `memory-${number}`,
            orderOf(sku),
          );
          expect(status).toBe(201);
        }
      };
      await Promise.all(Array.from({ length: LANES }, lane));
    };
    const heapAfter = async (total: number) => {
      await placeUpTo(total);
      await untilSettled(stage.sql);
      const inspector = await Inspector.attach(app);
      const bytes = await inspector.heapInUse();
      inspector.close();
      return bytes;
    };

    const baseline = await heapAfter(WARM_UP);
    const heaps = [];
    for (const mark of MARKS) heaps.push(await heapAfter(WARM_UP + mark));
    client.close();
    const inMiB = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
    process.stdout.write(`heap in MiB: ${[baseline, ...heaps].map(inMiB).join(' → ')}\n`);
    expect(heaps.filter((heap) => heap > baseline * GROWTH).map(inMiB)).toEqual([]);
  }, 300_000);
});
