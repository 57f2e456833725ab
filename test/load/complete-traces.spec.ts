import { setTimeout as sleep } from 'node:timers/promises';
import { HttpClient } from '../chaos/http-client.js';
import { demoBuyers, deliver, PLENTY } from '../chaos/shop.js';
import { orderOf, place } from './orders.js';
import { type Observed, startObserved } from '../observability/observed.js';
import type { ReceivedSpan } from '../observability/otlp-receiver.js';

const ORDERS = 1000;
const ENOUGH = 999;

/** What the trace of a confirmed order shows, whoever shared its transactions. */
const SPANS = [
  'order-service server POST /api/v1/orders',
  'order-service client users.requireActive',
  'user-service server users.requireActive',
  'order-service client catalog.price',
  'catalog-service server catalog.price',
  'order-service client inventory.reserve',
  'inventory-service server inventory.reserve',
  'order-service client payments.charge',
  'payment-service server payments.charge',
  'order-service internal commit orders.create',
  'inventory-service internal commit inventory.reserve',
  'payment-service internal commit payments.record-attempt',
  'payment-service client POST',
  'payment-service internal commit payments.record-outcome',
  'order-service internal commit orders.confirm',
  'order-service producer orders.created publish',
  'notification-service consumer orders.created process',
  'inventory-service producer inventory.reserved publish',
  'notification-service consumer inventory.reserved process',
  'payment-service producer payments.captured publish',
  'order-service producer orders.confirmed publish',
  'inventory-service consumer orders.confirmed process',
  'notification-service consumer orders.confirmed process',
  'inventory-service producer inventory.committed publish',
  'notification-service consumer inventory.committed process',
  'notification-service producer notifications.sent publish',
];

/** Where a trace has the longest ways to go; that those of one process are the same, the equivalence test says. */
describe('traces of a process each under half load', () => {
  let waybill: Observed;

  beforeAll(async () => {
    waybill = await startObserved('a process each', { LOG_LEVEL: 'warn' });
    await deliver(waybill.url, PLENTY, 100_000);
  });
  afterAll(() => waybill?.stop());

  it(`are complete for at least ${ENOUGH} of ${ORDERS} orders`, async () => {
    const client = new HttpClient(waybill.url);
    const buyers = await demoBuyers(waybill.url);
    let sent = 0;
    const order = async () => {
      const number = (sent += 1);
      const sku = PLENTY[number % PLENTY.length] ?? 'MUG-001';
      const buyer = buyers[number % buyers.length];
      if (!buyer) throw new Error('nobody buys');
      return place(client, buyer, `half-load-${number}`, orderOf(sku));
    };

    const rate = (await ratePerSecond(order)) / 2;
    await waybill.told();
    waybill.receiver.clear();

    const started = performance.now();
    const answers = [];
    for (let number = 0; number < ORDERS; number++) {
      await sleep(Math.max(0, started + (number * 1000) / rate - performance.now()));
      answers.push(order());
    }
    await Promise.all(answers);
    client.close();
    await waybill.told();

    const traces = [...Map.groupBy(waybill.receiver.spans, ({ traceId }) => traceId).values()].filter(
      (spans) => spans.some(({ name }) => name === 'POST /api/v1/orders'),
    );
    const lacking = traces.flatMap((spans) => missingIn(spans));
    const complete = traces.length - lacking.length;
    process.stdout.write(`${Math.round(rate)} orders/s, ${complete} complete traces\n`);
    // What is missing, for whoever has to find out why.
    expect({ enough: complete >= ENOUGH, lacking: complete >= ENOUGH ? [] : lacking.slice(0, 5) }).toEqual({
      enough: true,
      lacking: [],
    });
    for (const scrape of await waybill.scrape())
      expect(scrape).not.toMatch(/^telemetry_spans_dropped_total\{[^}]*\} [1-9]/m);
  }, 180_000);
});

/** Of a closed loop of so many buyers, which is about what the system can do. */
async function ratePerSecond(order: () => Promise<unknown>): Promise<number> {
  const MS = 3000;
  let done = 0;
  const end = performance.now() + MS;
  const buyer = async () => {
    while (performance.now() < end) {
      await order();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: 32 }, buyer));
  return done / (MS / 1000);
}

/** One entry with all that a trace lacks, none when it is complete: spans, or parents that never arrived. */
function missingIn(spans: readonly ReceivedSpan[]): string[][] {
  const there = new Set(spans.map(({ service, kind, name }) => `${service} ${kind} ${name}`));
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const orphans = spans.filter(({ parentSpanId }) => parentSpanId !== null && !ids.has(parentSpanId));
  const missing = [
    ...SPANS.filter((span) => !there.has(span)),
    ...orphans.map(({ name }) => `the parent of ${name}`),
  ];
  return missing.length === 0 ? [] : [missing];
}
