import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { startPostgres, type TestPostgres } from '../../../../test/postgres.js';
import { Unavailable } from '../../errors/common.errors.js';
import type { UnitOfWork } from '../../persistence/unit-of-work.js';
import { defineEvents, type EventEnvelope, type EventType, event } from '../contract.js';
import { appendEvents, newEvent } from '../outbox.js';
import { EventLog } from './event-log.js';
import { EventReplay } from './event-replay.js';

const payload = z.object({ id: z.string(), n: z.int() });
const told = (version: number) => event({ payload, key: ({ id }) => id, version });
const ParcelEvents = defineEvents('parcels', { lost: told(1), found: told(1), sold: told(2) });
const SUBSCRIBERS = [
  { module: 'insurance', consumes: [ParcelEvents.lost, ParcelEvents.found] },
  { module: 'gossip', consumes: [ParcelEvents.sold] },
];
const KEYS = 7;

/** Takes its time, and remembers. */
class SlowBus {
  readonly got: { consumer: string; envelope: EventEnvelope<{ id: string; n: number }> }[] = [];
  failAfter = Number.POSITIVE_INFINITY;

  async publishTo(consumer: string, envelope: EventEnvelope): Promise<void> {
    await sleep(Math.random() * 3);
    if (this.got.length >= this.failAfter) throw new Unavailable('away');
    this.got.push({ consumer, envelope: envelope as EventEnvelope<{ id: string; n: number }> });
  }

  get numbers(): number[] {
    return this.got.map(({ envelope }) => envelope.payload.n);
  }
}

describe('a replay', () => {
  let postgres: TestPostgres;
  let parcels: UnitOfWork;
  let log: EventLog;
  let bus: SlowBus;

  beforeAll(async () => {
    postgres = await startPostgres();
    parcels = await postgres.module('parcels');
    log = new EventLog(parcels);
  });
  beforeEach(async () => {
    bus = new SlowBus();
    await postgres.sql('TRUNCATE parcels.outbox RESTART IDENTITY');
  });
  afterAll(() => postgres.stop());

  const tell = async (type: EventType<typeof payload>, numbers: readonly number[]) => {
    const events = numbers.map((n) => newEvent(type, { id: `p${n % KEYS}`, n }));
    await parcels.run((tx) => appendEvents(tx, events));
    await postgres.sql('UPDATE parcels.outbox SET published_at = now()');
    return events;
  };
  const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);
  const all = { consumer: 'insurance', from: '2020-01-01T00:00:00Z', limit: 10_000 };
  const sorted = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b);

  it('hands on each event once, those of a key in their order', async () => {
    await tell(ParcelEvents.lost, upTo(450));
    const replay = new EventReplay(SUBSCRIBERS, bus);
    expect(await replay.replay('parcels', log, all)).toEqual({ events: 450, nextCursor: null });
    expect(sorted(bus.numbers)).toEqual(upTo(450));
    expect(new Set(bus.got.map(({ consumer }) => consumer))).toEqual(new Set(['insurance']));
    for (let key = 0; key < KEYS; key++) {
      const own = bus.numbers.filter((n) => n % KEYS === key);
      expect(own).toEqual(sorted(own));
    }
  });

  it('goes on where it stopped, at its limit or when its time is over', async () => {
    await tell(ParcelEvents.lost, upTo(450));
    const limited = new EventReplay(SUBSCRIBERS, bus);
    const first = await limited.replay('parcels', log, { ...all, limit: 150 });
    expect(first).toMatchObject({ events: 150, nextCursor: expect.any(String) });
    expect(sorted(bus.numbers)).toEqual(upTo(150));
    const hurried = new EventReplay(SUBSCRIBERS, bus, 0);
    const second = await hurried.replay('parcels', log, { ...all, cursor: first.nextCursor ?? '' });
    expect(second).toMatchObject({ events: 200, nextCursor: expect.any(String) });
    const third = await hurried.replay('parcels', log, { ...all, cursor: second.nextCursor ?? '' });
    expect(third).toEqual({ events: 100, nextCursor: null });
    expect(sorted(bus.numbers)).toEqual(upTo(450));
  });

  it('leaves out what the consumer does not take in, in that version', async () => {
    await tell(ParcelEvents.lost, [1]);
    await tell(ParcelEvents.sold, [2]);
    await tell(ParcelEvents.found, [3]);
    const [old] = await tell(ParcelEvents.sold, [4]);
    await postgres.sql('UPDATE parcels.outbox SET version = 1 WHERE id = $1', [old?.id]);
    const replay = new EventReplay(SUBSCRIBERS, bus);
    await replay.replay('parcels', log, all);
    expect(sorted(bus.numbers)).toEqual([1, 3]);
    await replay.replay('parcels', log, { ...all, consumer: 'gossip' });
    expect(bus.numbers.slice(2)).toEqual([2]);
  });

  it('fails when the events cannot be handed on, and may be repeated', async () => {
    await tell(ParcelEvents.lost, upTo(50));
    bus.failAfter = 20;
    const replay = new EventReplay(SUBSCRIBERS, bus);
    await expect(replay.replay('parcels', log, all)).rejects.toThrow(Unavailable);
    bus.failAfter = Number.POSITIVE_INFINITY;
    expect(await replay.replay('parcels', log, all)).toEqual({ events: 50, nextCursor: null });
  });
});
