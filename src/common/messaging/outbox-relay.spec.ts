import { Logger } from '@nestjs/common';
import { z } from 'zod';
import { eventually } from '../../../test/eventually.js';
import { recordSpans } from '../../../test/recorded-spans.js';
import { startPostgres, type TestPostgres } from '../../../test/postgres.js';
import type { UnitOfWork } from '../persistence/unit-of-work.js';
import { inSpan, SpanKind } from '../telemetry/tracing.js';
import { runAs } from '../telemetry/work-context.js';
import { defineEvents, type EventEnvelope, event } from './contract.js';
import { Inbox } from './inbox.js';
import { appendEvents, newEvent, outboxInsert, outboxParameter } from './outbox.js';
import { OutboxRelay } from './outbox-relay.js';

const Events = defineEvents('alpha', {
  counted: event({ payload: z.object({ key: z.string(), n: z.int() }), key: ({ key }) => key }),
});

type Counted = EventEnvelope<{ key: string; n: number }>;

const counted = (key: string, n: number) => newEvent(Events.counted, { key, n });
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

/** A bus that remembers what it was given, in the order in which each delivery began. */
function recordingBus(hold: (envelope: Counted) => Promise<void> = () => Promise.resolve()) {
  const received: Counted[] = [];
  return {
    ready: true,
    received,
    publish: async (envelope: EventEnvelope) => {
      received.push(envelope as Counted);
      await hold(envelope as Counted);
    },
  };
}

describe('the outbox and its relay', () => {
  let postgres: TestPostgres;
  let uow: UnitOfWork;
  let spans: ReturnType<typeof recordSpans>;

  beforeAll(async () => {
    spans = recordSpans();
    Logger.overrideLogger(false);
    postgres = await startPostgres();
    uow = await postgres.module('alpha', { poolSize: 8 });
  });

  beforeEach(() => postgres.sql('TRUNCATE alpha.outbox RESTART IDENTITY'));

  afterAll(() => postgres.stop());

  const relayTo = (bus: ReturnType<typeof recordingBus>, leaseSeconds = 30) =>
    new OutboxRelay(uow, bus, new Inbox('alpha', uow, 10), () => Promise.resolve(true), leaseSeconds);
  const relayAll = async (relay: OutboxRelay) => {
    while ((await relay.relay()) > 0);
  };
  const append = (events: ReturnType<typeof counted>[]) => uow.run((tx) => appendEvents(tx, events));
  const endLeases = () => postgres.sql("UPDATE alpha.outbox SET lease_until = now() - interval '1 ms'");
  const pending = () =>
    postgres.sql<{ n: number }>(
      "SELECT (payload->>'n')::int AS n FROM alpha.outbox WHERE published_at IS NULL ORDER BY seq",
    );

  it('publishes within the trace of what caused the event, and lets its consumers go on from there', async () => {
    const made = await runAs('alpha', () =>
      inSpan(
        'the cause',
        SpanKind.SERVER,
        () => ({}),
        () => Promise.resolve(counted('a', 1)),
      ),
    );
    await append([made]);
    const bus = recordingBus();
    await relayTo(bus).relay();
    const [cause, publish] = [spans.named('the cause'), spans.named('alpha.counted publish')];
    expect(publish).toMatchObject({
      kind: SpanKind.PRODUCER,
      attributes: { 'messaging.message.id': made.id, 'messaging.destination.name': 'alpha.counted.v1' },
    });
    expect(publish.parentSpanContext?.spanId).toBe(cause.spanContext().spanId);
    const { traceId, spanId } = publish.spanContext();
    expect(bus.received[0]?.traceparent).toBe(`00-${traceId}-${spanId}-01`);
    expect(traceId).toBe(cause.spanContext().traceId);
  });

  it('sends an event of a committed transaction once, as it was made', async () => {
    const made = runAs('alpha', () => counted('a', 1), {
      correlationId: 'the request',
      causationId: 'before',
    });
    await append([made]);
    const bus = recordingBus();
    const relay = relayTo(bus);
    expect(await relay.relay()).toBe(1);
    expect(await relay.relay()).toBe(0);
    const { key, mineUntil, ...envelope } = made;
    expect([key, mineUntil]).toEqual(['a', 0]);
    // In a trace of its own: nothing that has one caused it.
    expect(bus.received).toEqual([{ ...envelope, traceparent: expect.stringMatching(/^00-/) }]);
    expect(envelope).toMatchObject({
      name: 'alpha.counted',
      version: 1,
      correlationId: 'the request',
      causationId: 'before',
    });
    expect(await pending()).toEqual([]);
  });

  it('never sends an event of a transaction that was rolled back', async () => {
    const failing = uow.run(async (tx) => {
      await appendEvents(tx, [counted('a', 1)]);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    const bus = recordingBus();
    await relayAll(relayTo(bus));
    expect(bus.received).toEqual([]);
  });

  it('refuses an event whose payload is not what was declared, where it is made', () => {
    expect(() => counted('a', 1.5)).toThrow(z.ZodError);
  });

  it('writes only the events whose row was written, when it shares its statement', async () => {
    const [won, lost] = ['0199c0de-0000-7000-8000-000000000001', '0199c0de-0000-7000-8000-000000000002'];
    await uow.rows(
      `WITH won AS (SELECT $2::uuid AS id), told AS (${outboxInsert('$1', 'SELECT id FROM won')}) SELECT 1`,
      [outboxParameter([counted(won, 1), counted(lost, 2)]), won],
    );
    expect(await pending()).toEqual([{ n: 1 }]);
  });

  it('marks as sent what nobody is interested in', async () => {
    await append([counted('a', 1)]);
    await relayAll(relayTo(recordingBus()));
    expect(await postgres.sql('SELECT attempts, published_at IS NOT NULL AS sent FROM alpha.outbox')).toEqual(
      [{ attempts: 1, sent: true }],
    );
  });

  it('keeps the order of each key over many pages, the keys beside each other', async () => {
    await append(upTo(1300).map((n) => counted(`key ${n % 3}`, n)));
    const bus = recordingBus();
    await relayAll(relayTo(bus));
    expect(bus.received).toHaveLength(1300);
    expectOrderOfKeys(bus.received);
  });

  it('keeps later events of a key back behind one that failed, while other keys go on', async () => {
    await append([counted('bad', 1), counted('bad', 2), counted('good', 3)]);
    let broken = true;
    const bus = recordingBus(({ payload }) =>
      broken && payload.n === 1 ? Promise.reject(new Error('no')) : Promise.resolve(),
    );
    const relay = relayTo(bus);
    await relayAll(relay);
    await append([counted('bad', 4), counted('good', 5)]);
    await relayAll(relay);
    expect(await pending()).toEqual([{ n: 1 }, { n: 2 }, { n: 4 }]);

    broken = false;
    await endLeases();
    await relayAll(relay);
    expect(bus.received.map(({ payload }) => payload.n)).toEqual([1, 3, 5, 1, 2, 4]);
  });

  it('tries again soon what could not be sent, and not only when a dead relay would be followed', async () => {
    await append([counted('a', 1), counted('a', 2)]);
    let broken = true;
    const bus = recordingBus(() => (broken ? Promise.reject(new Error('no')) : Promise.resolve()));
    const relay = relayTo(bus);
    await relay.relay();
    const waits = await postgres.sql<{ soon: boolean }>(
      "SELECT lease_until BETWEEN now() AND now() + interval '1 second' AS soon FROM alpha.outbox",
    );
    expect(waits).toEqual([{ soon: true }, { soon: true }]);
    broken = false;
    await eventually(async () => {
      await relay.relay();
      expect(await pending()).toEqual([]);
    }, 5000);
  });

  it('leaves the outbox alone while nothing can be sent', async () => {
    await append([counted('a', 1)]);
    const bus = recordingBus();
    bus.ready = false;
    const relay = relayTo(bus);
    expect(await relay.relay()).toBe(0);
    expect(await postgres.sql('SELECT attempts FROM alpha.outbox')).toEqual([{ attempts: 0 }]);
    bus.ready = true;
    expect(await relay.relay()).toBe(1);
  });

  it('begins no delivery twice that outlasts the lease, and counts it when it ends', async () => {
    await append([counted('slow', 1), counted('slow', 2), counted('other', 3)]);
    let end = () => {};
    const slow = new Promise<void>((resolve) => {
      end = resolve;
    });
    const bus = recordingBus(({ payload }) => (payload.n === 1 ? slow : Promise.resolve()));
    const relay = relayTo(bus, 1);
    expect(await relay.relay()).toBe(1);
    for (let lease = 0; lease < 2; lease += 1) {
      await endLeases();
      expect(await relay.relay()).toBe(0);
    }
    expect(bus.received.map(({ payload }) => payload.n)).toEqual([1, 3]);
    expect(await pending()).toEqual([{ n: 1 }, { n: 2 }]);
    end();
    await endLeases();
    await relayAll(relay);
    expect(bus.received.map(({ payload }) => payload.n)).toEqual([1, 3, 2]);
    expect(await pending()).toEqual([]);
  });

  it('counts a late delivery though nothing more can be sent', async () => {
    await append([counted('slow', 1)]);
    let end = () => {};
    const bus = recordingBus(
      () =>
        new Promise<void>((resolve) => {
          end = resolve;
        }),
    );
    const relay = relayTo(bus, 1);
    expect(await relay.relay()).toBe(0);
    bus.ready = false;
    end();
    await eventually(async () => {
      await relay.relay();
      expect(await pending()).toEqual([]);
    });
  });

  it('leaves the events of a relay that died to another one, when the lease is over', async () => {
    await append([counted('a', 1), counted('a', 2)]);
    let wake = () => {};
    const asleep = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const dead = recordingBus(() => asleep);
    const sleeping = relayTo(dead).relay();
    const bus = recordingBus();
    const other = relayTo(bus);
    while (dead.received.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(await other.relay()).toBe(0);
    await append([counted('a', 3)]);
    expect(await other.relay()).toBe(0);
    await endLeases();
    await relayAll(other);
    expect(bus.received.map(({ payload }) => payload.n)).toEqual([1, 2, 3]);
    wake();
    await sleeping;
  });

  it('sends everything, each key in its order, though four relays race while events are written', async () => {
    const bus = recordingBus(() => new Promise((resolve) => setImmediate(resolve)));
    const relays = upTo(4).map(() => relayTo(bus));
    const total = 3000;
    let writing = true;
    const racing = relays.map(async (relay) => {
      while (writing) await relay.relay();
    });
    for (let n = 0; n < total; n += 30) {
      await append(upTo(30).map((each) => counted(`key ${(n + each) % 2}`, n + each)));
    }
    writing = false;
    await Promise.all(racing);
    for (const relay of relays) await relayAll(relay);
    expect(new Set(bus.received.map(({ id }) => id)).size).toBe(total);
    expectOrderOfKeys(bus.received);
  });
});

/** Each event's first delivery came after those of all events before it. */
function expectOrderOfKeys(received: readonly Counted[]): void {
  const first = [...new Map(received.toReversed().map((each) => [each.id, each])).values()].toReversed();
  for (const [, events] of Map.groupBy(first, ({ payload }) => payload.key)) {
    const numbers = events.map(({ payload }) => payload.n);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  }
}
