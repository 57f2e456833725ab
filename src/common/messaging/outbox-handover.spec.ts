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
  const warned = jest.fn();
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
    Logger.overrideLogger({ log: () => undefined, error: () => undefined, warn: warned });
    postgres = await startPostgres();
    uow = await postgres.module('alpha');
  });
  beforeEach(async () => {
    await postgres.sql('TRUNCATE alpha.outbox RESTART IDENTITY');
    received = [];
    warned.mockClear();
    publish = () => Promise.resolve();
    bus.ready = true;
    handover = new OutboxHandover(uow, bus, 30);
    await handover.start();
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

  /** One that does not go out, and is left. */
  const leaveOne = async (key: string, n: number) => {
    publish = () => Promise.reject(new Error('away'));
    handover.handOn(await write(counted(key, n)));
    // Its turn is over when those of its key are left.
    await eventually(() => expect(warned).toHaveBeenCalled());
    publish = () => Promise.resolve();
  };
  const endLeaseOf = (n: number) =>
    postgres.sql(
      "UPDATE alpha.outbox SET lease_until = now() - interval '1 ms' WHERE (payload->>'n')::int = $1",
      [n],
    );

  it('are left behind one of their key that was left, and a relay hands them on in their order', async () => {
    await leaveOne('a', 1);
    handover.handOn(await write(counted('a', 2), counted('b', 3)));
    handover.handOn(await write(counted('a', 4)));
    await eventually(() => expect(received).toEqual([3]));
    expect(await relay().relay()).toBe(0);
    await endLeaseOf(1);
    expect(await relay().relay()).toBe(3);
    expect(received).toEqual([3, 1, 2, 4]);
  });

  it('keep their order when the lease of a later one is over later', async () => {
    publish = () => Promise.reject(new Error('away'));
    const [first, second] = [await write(counted('a', 1)), await write(counted('a', 2))];
    handover.handOn(first);
    await eventually(() => expect(warned).toHaveBeenCalled());
    publish = () => Promise.resolve();
    handover.handOn(second);
    handover.handOn(await write(counted('a', 3)));
    await endLeaseOf(1);
    expect(await relay().relay()).toBe(1);
    expect(await relay().relay()).toBe(0);
    await endLeaseOf(2);
    expect(await relay().relay()).toBe(2);
    expect(received).toEqual([1, 2, 3]);
  });

  it('wait for a relay without a lease while there is nobody to give them to', async () => {
    bus.ready = false;
    handover.handOn(await write(counted('a', 1)));
    bus.ready = true;
    handover.handOn(await write(counted('a', 2)));
    expect(await relay().relay()).toBe(2);
    expect(received).toEqual([1, 2]);
  });

  it('go out of memory again once a relay has handed on what was left', async () => {
    await leaveOne('a', 1);
    await endLeases();
    await relay().relay();
    await eventually(async () => {
      const n = received.length + 1;
      const [event] = await write(counted('a', n));
      handover.handOn([event as OutboxEvent]);
      // Nothing waits: the next look of the handover finds the key done.
      await relay().relay();
      expect(event?.mineUntil).toBeGreaterThan(0);
    });
    await eventually(async () => expect(await pending()).toEqual([]));
    expect(received).toEqual(received.toSorted((a, b) => a - b));
  });

  it('are out and marked when it has stopped', async () => {
    handover.handOn(await write(...Array.from({ length: 1500 }, (_, n) => counted(String(n), n))));
    await handover.stop();
    expect(received).toHaveLength(1500);
    expect(await pending()).toEqual([]);
  });
});
