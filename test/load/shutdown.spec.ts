import { setTimeout as sleep } from 'node:timers/promises';
import { check, requireAllOk } from '../chaos/checker.js';
import type { Buyer } from '../chaos/driver.js';
import { ledgerOf, type Sighting } from '../chaos/evidence.js';
import { HttpClient, NoAnswer } from '../chaos/http-client.js';
import { untilSettled } from '../chaos/settling.js';
import { demoBuyers, deliver, PLENTY } from '../chaos/shop.js';
import { openStage, type Stage } from '../chaos/stage.js';
import type { WaybillProcess } from '../chaos/waybill-process.js';
import { eventually } from '../harness.js';
import { orderOf, place, sightingOf } from './orders.js';

const CONNECTIONS = 48;
const EXIT_MS = 10_000;

/** A request, from the moment on which it had left us. */
interface Sent {
  before: 'SIGTERM' | 'nothing';
  outcome: 'answered' | 'lost' | 'refused' | null;
}

describe('a process that is told to end while it works', () => {
  const sightings: Sighting[] = [];
  const requests: Sent[] = [];
  let stage: Stage;
  let app: WaybillProcess;
  let told = false;

  beforeAll(async () => {
    stage = await openStage();
    app = await stage.start();
    await deliver(stage.url, PLENTY, 100_000);
  });

  afterAll(() => stage.close());

  /** One connection, one request after the other, until the server says or shows that it takes no more. */
  async function keepOrdering(buyer: Buyer, lane: number): Promise<void> {
    const client = new HttpClient(stage.url);
    for (let index = 0; ; index++) {
      const key = `shutdown-${lane}-${index}`;
      const sent: Sent = { before: 'nothing', outcome: null };
      try {
        const reply = await place(
          client,
          buyer,
          key,
          orderOf(PLENTY[index % PLENTY.length] ?? 'MUG-001'),
          () => {
            if (!told) sent.before = 'SIGTERM';
            requests.push(sent);
          },
        );
        sent.outcome = 'answered';
        sightings.push(sightingOf(buyer, key, reply));
        if (reply.headers.connection === 'close') break;
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        sent.outcome = (error.cause as NodeJS.ErrnoException).code === 'ECONNREFUSED' ? 'refused' : 'lost';
        break;
      }
    }
    client.close();
  }

  it('answers every request that it has accepted, and is gone within ten seconds', async () => {
    const buyers = await demoBuyers(stage.url);
    const lanes = Array.from({ length: CONNECTIONS }, (_, lane) =>
      keepOrdering(buyers[lane % 2] as Buyer, lane),
    );
    await eventually(() => expect(sightings.length).toBeGreaterThan(200));

    const inFlight = requests.filter(({ outcome }) => outcome === null).length;
    told = true;
    const ended = app.sigterm();
    const exit = await Promise.race([ended, sleep(EXIT_MS, 'still there', { ref: false })]);
    await Promise.all(lanes);

    expect(exit).toEqual({ code: 0, signal: null });
    expect(inFlight).toBeGreaterThan(0);
    expect(requests.filter(({ before, outcome }) => before === 'SIGTERM' && outcome !== 'answered')).toEqual(
      [],
    );
    // On a connection that is in use all the time, the server has no right to be surprised either.
    expect(requests.filter(({ outcome }) => outcome === 'lost')).toEqual([]);
    sightings.push({ kind: 'fault', name: 'SIGTERM', inFlight });
  });

  it('has lost nothing when it is back', async () => {
    await stage.start();
    await untilSettled(stage.sql);
    requireAllOk(await check({ sql: stage.sql, ledger: await ledgerOf(stage.gatewayUrl), sightings }));
    const answers = new Set(
      sightings.flatMap((each) => (each.kind === 'placed' ? `${each.status} ${each.code}` : [])),
    );
    expect([...answers].filter((answer) => !/^(201|202|503) /.test(answer))).toEqual([]);
  });
});
