import { Logger } from '@nestjs/common';
import { z } from 'zod';
import { eventually } from '../../../test/eventually.js';
import { startPostgres, type TestPostgres } from '../../../test/postgres.js';
import type { UnitOfWork } from '../persistence/unit-of-work.js';
import { defineEvents, type EventEnvelope, event } from './contract.js';
import { Inbox } from './inbox.js';
import { newEvent, type OutboxEvent, outboxInsert } from './outbox.js';
import { OutboxHandover } from './outbox-handover.js';
import { OutboxRelay } from './outbox-relay.js';

const Events = defineEvents('alpha', {
  counted: event({ payload: z.object({ key: z.string(), n: z.int() }), key: ({ key }) => key }),
});
type Counted = EventEnvelope<{ key: string; n: number }>;

const counted = (key: string, n: number) => newEvent(Events.counted, { key, n });

describe('events that their writer hands on', () => {
  let postgres: TestPostgres;
  let uow: UnitOfWork;
  let handover: OutboxHandover;
  let received: number[];
  let publish: (n: number) => Promise<void>;
  const bus = {
    ready: true,
    publish: async (envelope: EventEnvelope) => {
      const { n } = (envelope as Counted).payload;
      await publish(n);
      received.push(n);
    },
  };

  beforeAll(async () => {
    Logger.overrideLogger(false);
    postgres = await startPostgres();
    uow = await postgres.module('alpha');
  });
  beforeEach(async () => {
    await postgres.sql('TRUNCATE alpha.outbox RESTART IDENTITY');
    received = [];
    publish = () => Promise.resolve();
    bus.ready = true;
    handover = new OutboxHandover(uow, bus, 30);
    handover.start();
  });
  afterEach(() => handover.stop());
  afterAll(() => postgres.stop());

  const write = async (...events: OutboxEvent[]) => {
    await uow.rows(outboxInsert('$1'), [handover.parameter(events)]);
    return events;
  };
  const pending = async () =>
    (
      await postgres.sql<{ n: number }>(
        "SELECT (payload->>'n')::int AS n FROM alpha.outbox WHERE published_at IS NULL ORDER BY seq",
      )
    ).map(({ n }) => n);
  const relay = () => new OutboxRelay(uow, bus, new Inbox('alpha', uow, 10), () => Promise.resolve(true), 30);
  const endLeases = () => postgres.sql("UPDATE alpha.outbox SET lease_until = now() - interval '1 ms'");

  it('go out without a relay, which leaves them alone meanwhile, and are marked', async () => {
    const events = await write(counted('a', 1), counted('b', 2));
    expect(await relay().relay()).toBe(0);
    handover.handOn(events);
    await eventually(async () => expect(await pending()).toEqual([]));
    expect(received.toSorted()).toEqual([1, 2]);
  });

  it('go out one after the other within a key, and side by side else', async () => {
    let letGo: () => void = () => undefined;
    publish = (n) => (n === 1 ? new Promise((resolve) => (letGo = resolve)) : Promise.resolve());
    handover.handOn(await write(counted('a', 1), counted('a', 2), counted('b', 3)));
    await eventually(() => expect(received).toEqual([3]));
    letGo();
    await eventually(() => expect(received).toEqual([3, 1, 2]));
  });

  it('are left to a relay from the first that does not go out, once their lease is over', async () => {
    publish = (n) => (n === 1 ? Promise.reject(new Error('away')) : Promise.resolve());
    handover.handOn(await write(counted('a', 1), counted('a', 2)));
    await handover.stop();
    expect(await pending()).toEqual([1, 2]);
    publish = () => Promise.resolve();
    await endLeases();
    await relay().relay();
    expect(received).toEqual([1, 2]);
    expect(await pending()).toEqual([]);
  });

  it('are left to a relay when there is nobody to give them to, or their writer dies', async () => {
    bus.ready = false;
    handover.handOn(await write(counted('a', 1)));
    await handover.stop();
    expect([received, await pending()]).toEqual([[], [1]]);
    bus.ready = true;
    await endLeases();
    expect(await relay().relay()).toBe(1);
  });

  it('are left to a relay when too little of their lease is left, for it would hand them on as well', async () => {
    let letGo: () => void = () => undefined;
    publish = (n) => (n === 1 ? new Promise((resolve) => (letGo = resolve)) : Promise.resolve());
    const late = await write(counted('c', 4));
    handover.handOn(await write(counted('a', 1), counted('a', 2)));
    const halfALeaseLater = performance.now() + 15_001;
    const clock = jest.spyOn(performance, 'now').mockReturnValue(halfALeaseLater);
    handover.handOn(await write(counted('b', 3)));
    handover.handOn(late);
    letGo();
    await handover.stop();
    clock.mockRestore();
    expect([received.toSorted(), await pending()]).toEqual([
      [1, 3],
      [4, 2],
    ]);
  });

  it("are the writer's for all of their lease, however long its transaction had to wait", async () => {
    await uow.run(async (tx) => {
      const [before] = await tx.rows<{ at: string }>('SELECT clock_timestamp()::text AS at');
      await tx.rows(outboxInsert('$1'), [handover.parameter([counted('a', 1)])]);
      const leased = await tx.rows(
        "SELECT lease_until >= $1::timestamptz + interval '30 s' AS whole FROM outbox",
        [before?.at],
      );
      expect(leased).toEqual([{ whole: true }]);
    });
  });

  it('are out and marked when it has stopped', async () => {
    handover.handOn(await write(...Array.from({ length: 1500 }, (_, n) => counted(String(n), n))));
    await handover.stop();
    expect(received).toHaveLength(1500);
    expect(await pending()).toEqual([]);
  });
});
