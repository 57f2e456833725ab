import { Load } from '../../bench/load/load.js';
import { check, requireAllOk } from '../chaos/checker.js';
import { ledgerOf } from '../chaos/evidence.js';
import { HttpClient, type Reply } from '../chaos/http-client.js';
import { untilSettled } from '../chaos/settling.js';
import { demoBuyers, deliver, PLENTY } from '../chaos/shop.js';
import { openStage, type Stage } from '../chaos/stage.js';
import type { Buyer } from '../chaos/driver.js';
import { orderOf, place } from './orders.js';

/** As many as the closed loop has connections: what a closed loop of that many asks for is never refused. */
const LIMIT = 256;
const SECONDS = 3;
/** Times what the process can do. */
const MULTIPLE = 3;
/** Of the rate of the closed loop: refusals cost something, and so does the load, on the same machine. */
const KEPT = 0.4;
/** Times the latency of the closed loop, which has as much in flight. */
const SLOWER = 4;

describe('an open loop of three times what one process can do', () => {
  let stage: Stage;
  let load: Load;
  let buyers: Buyer[];

  beforeAll(async () => {
    stage = await openStage();
    await stage.start({ ADMISSION_LIMIT: String(LIMIT), LOG_LEVEL: 'warn' });
    load = await Load.start();
    await deliver(stage.url, PLENTY, 1_000_000);
    buyers = await demoBuyers(stage.url);
  });
  afterAll(async () => {
    await load?.stop();
    await stage?.close();
  });

  /** Insists, as a client should: it comes back when it was told to. */
  async function placeInTheEnd(client: HttpClient, buyer: Buyer, key: string): Promise<Reply[]> {
    const replies: Reply[] = [];
    for (;;) {
      const reply = await place(client, buyer, key, orderOf('MUG-001'));
      replies.push(reply);
      if (reply.status !== 503) return replies;
      await new Promise((resolve) => setTimeout(resolve, Number(reply.headers['retry-after']) * 1000));
    }
  }

  it('is refused in part and early; what is let in is done as fast as ever and kept', async () => {
    const traffic = {
      kind: 'orders' as const,
      tokens: buyers.map(({ token }) => token),
      skus: PLENTY,
      seed: 1,
    };
    const run = (arrivals: { connections: number } | { rate: number }) =>
      load.run({ url: stage.url, traffic, arrivals, seconds: SECONDS });
    const { '201': warm = 0 } = (await run({ connections: 64 })).answers;
    const closed = await run({ connections: LIMIT });
    expect(Object.keys(closed.answers)).toEqual(['201']);
    const capacity = (closed.answers['201'] ?? 0) / closed.seconds;

    const client = new HttpClient(stage.url);
    const repeated = `overload-${Date.now()}`;
    const overload = run({ rate: MULTIPLE * capacity });
    const insisting = Promise.all(buyers.map((buyer) => placeInTheEnd(client, buyer, repeated)));
    const open = await overload;
    const { '201': accepted = 0, '503': refused = 0, ...others } = open.answers;
    process.stdout.write(
      `${Math.round(capacity)} orders/s; of ${open.sent} in the open loop ${accepted} accepted ` +
        `(${Math.round(accepted / open.seconds)}/s), p99 ${Math.round(open.latency.p99)} ms (${Math.round(closed.latency.p99)} in the closed loop), ` +
        `refused after ${Math.round(open.refusalLatency.p50)} ms\n`,
    );
    expect(others).toEqual({});
    expect(refused).toBeGreaterThan(open.sent * 0.25);
    expect(accepted / open.seconds).toBeGreaterThan(capacity * KEPT);
    expect(open.latency.p99).toBeLessThan(closed.latency.p99 * SLOWER);
    // Whoever is refused hears of it sooner than whoever is let in hears of the order.
    expect(open.refusalLatency.p50).toBeLessThan(open.latency.p50);

    const insisted = (await insisting).flat();
    for (const { status, headers, body } of insisted.filter((reply) => reply.status !== 201)) {
      expect([status, body['code']]).toEqual([503, 'SERVICE.OVERLOADED']);
      expect(headers['retry-after']).toMatch(/^[1-9]\d*$/);
    }
    client.close();

    await untilSettled(stage.sql);
    const [{ n } = { n: 0 }] = await stage.sql<{ n: number }>(
      `SELECT count(*)::int AS n FROM orders.orders WHERE status = 'confirmed'`,
    );
    expect(n).toBe(warm + (closed.answers['201'] ?? 0) + accepted + buyers.length);
    const findings = await check({
      sql: stage.sql,
      ledger: await ledgerOf(stage.gatewayUrl),
      sightings: null,
    });
    // Nobody has watched each answer; their number is what was counted above.
    requireAllOk(findings.filter(({ name }) => name !== 'I0'));
  }, 60_000);
});
