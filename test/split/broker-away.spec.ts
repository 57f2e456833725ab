import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LocalService } from '../../lab/services/local-service.js';
import { startRabbitMq } from '../../lab/services/rabbitmq.js';
import { anOrder } from '../builders/order.builder.js';
import { INSPECTABLE, Inspector } from '../chaos/inspector.js';
import { temporaryFolder } from '../folder.js';
import { eventually, startWaybill, type Waybill } from '../harness.js';
import { type SplitWaybill, startSplit } from '../split.js';
import { startTcpProxy } from '../tcp-proxy.js';
import { Observer } from '../workflow/observer.js';

/** The first callers find out that there is no broker; nobody waits longer than a call may take. */
const IN_TIME_MS = 3500;
/** Far less than a call's time. */
const AT_ONCE_MS = 2000;
const MIB = 1024 * 1024;
/** Caches and compiled code grow a little; a thousand orders that were kept for later would be more than this. */
const GROWTH_MIB = 10;

describe('while the broker is away', () => {
  let folder: string;
  let rabbit: LocalService;

  beforeAll(async () => {
    folder = await temporaryFolder('broker-away');
    rabbit = await startRabbitMq({ folder });
  });
  afterAll(async () => {
    await rabbit?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('one process is patient with it: what is confirmed later than a lease lasts goes out all the same', async () => {
    const wire = await startTcpProxy(rabbit.url);
    const waybill: Waybill = await startWaybill({ RABBITMQ_URL: wire.url, OUTBOX_LEASE_SECONDS: '1' });
    try {
      const see = new Observer(waybill);
      await untilSafe(see);
      wire.slow(1000);
      const { status, body } = await see.place(anOrder().build());
      expect(status).toBe(201);
      await eventually(async () => expect(await pendingEvents(waybill)).toBe(0), 30_000);
      await eventually(async () => expect(await see.mails(body.id)).toHaveLength(1), 30_000);
    } finally {
      await waybill.stop();
      await wire.close();
    }
  }, 90_000);

  it('one process takes orders, and its events wait in the outbox until the broker is back', async () => {
    const waybill: Waybill = await startWaybill({ RABBITMQ_URL: rabbit.url });
    try {
      const see = new Observer(waybill);
      await untilSafe(see);
      await rabbit.kill();
      const placed = await Promise.all(Array.from({ length: 10 }, () => see.place(anOrder().build())));
      expect(placed.map(({ status }) => status)).toEqual(Array(10).fill(201));
      expect(await pendingEvents(waybill)).toBeGreaterThanOrEqual(20);

      await rabbit.start();
      await eventually(async () => expect(await pendingEvents(waybill)).toBe(0), 30_000);
      for (const { body } of placed) {
        await eventually(async () => expect(await see.mails(body.id)).toHaveLength(1));
      }
    } finally {
      await waybill.stop();
    }
  });

  it('separate processes refuse, the first in time and the rest at once, keep nothing in memory, and are well again afterwards', async () => {
    const waybill: SplitWaybill = await startSplit({
      rabbitmqUrl: rabbit.url,
      cluster: { nodeArgs: [INSPECTABLE] },
    });
    try {
      const see = new Observer(waybill);
      await untilSafe(see);
      const before = await heaps(waybill);
      await rabbit.kill();

      /** Gives how long it took, in milliseconds. */
      const refused = async () => {
        const began = performance.now();
        const { status, headers, body } = await see.place(anOrder().build());
        expect(status).toBe(503);
        // Of the process; or of the proxy, when the process has said that it is too busy.
        expect(['SERVICE.UNAVAILABLE', 'GATEWAY.UNAVAILABLE']).toContain(body.code);
        expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
        const took = performance.now() - began;
        expect(took).toBeLessThan(IN_TIME_MS);
        return took;
      };
      await Promise.all([refused(), refused(), refused()]);
      const took: number[] = [];
      for (let round = 0; round < 40; round++) {
        took.push(...(await Promise.all(Array.from({ length: 25 }, refused))));
      }
      // A machine that is held up for a moment holds up some of them.
      expect(took.toSorted((a, b) => a - b)[took.length / 2]).toBeLessThan(AT_ONCE_MS);
      // What needs no other module still works.
      expect((await waybill.api.get('/products?limit=1')).status).toBe(200);
      const after = await heaps(waybill);
      const grown = [...after].map(([name, mib]) => ({ name, mib: mib - (before.get(name) ?? 0) }));
      expect(grown.filter(({ mib }) => mib > GROWTH_MIB)).toEqual([]);

      await rabbit.start();
      await eventually(async () => expect((await see.place(anOrder().build())).status).toBe(201), 30_000);
    } finally {
      await waybill.stop();
    }
  }, 120_000);
});

/**
 * Places an order, and waits until what RabbitMQ has just declared is safe: 3.10, killed within a second of the first
 * declaration of a quorum queue, comes back with that queue stuck. Nothing tells when it has been written down.
 */
async function untilSafe(see: Observer): Promise<void> {
  const { status, body } = await see.place(anOrder().build());
  expect(status).toBe(201);
  await eventually(async () => expect(await see.mails(body.id)).toHaveLength(1));
  await sleep(3000);
}

async function pendingEvents({ sql }: Waybill): Promise<number> {
  const [row] = await sql<{ n: number }>(
    'SELECT count(*)::int AS n FROM orders.outbox WHERE published_at IS NULL',
  );
  return row?.n ?? 0;
}

/** What each process has on its heap when all garbage is gone, in MiB, by its name. */
async function heaps({ cluster }: SplitWaybill): Promise<Map<string, number>> {
  const pairs = await Promise.all(
    cluster.members.map(async (member): Promise<[string, number]> => {
      const inspector = await Inspector.attach(member);
      const bytes = await inspector.heapInUse();
      inspector.close();
      return [member.name, bytes / MIB];
    }),
  );
  return new Map(pairs);
}
