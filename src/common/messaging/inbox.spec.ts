import { Logger } from '@nestjs/common';
import { z } from 'zod';
import { startPostgres, type TestPostgres } from '../../../test/postgres.js';
import { Unavailable } from '../errors/common.errors.js';
import type { UnitOfWork } from '../persistence/unit-of-work.js';
import { defineEvents, type EventEnvelope, event } from './contract.js';
import { Inbox } from './inbox.js';
import { newEvent } from './outbox.js';
import { OutboxRelay } from './outbox-relay.js';

const Events = defineEvents('beta', {
  happened: event({ payload: z.object({ id: z.string() }), key: ({ id }) => id }),
});

const anEvent = (): EventEnvelope => newEvent(Events.happened, { id: 'x' });

describe('Inbox', () => {
  let postgres: TestPostgres;
  let uow: UnitOfWork;
  let inbox: Inbox;

  beforeAll(async () => {
    postgres = await startPostgres();
    uow = await postgres.module('alpha', { poolSize: 8 });
    inbox = new Inbox('alpha', uow, 10);
    Logger.overrideLogger(false);
    await uow.rows('CREATE TABLE effects (event_id uuid NOT NULL)');
  });

  beforeEach(() => postgres.sql('TRUNCATE alpha.inbox, alpha.effects'));

  afterAll(() => postgres.stop());

  /** As a module takes events in: the effect in the transaction of the claim. */
  const apply = (events: EventEnvelope[], fail?: Error) =>
    uow.run(async (tx) => {
      const fresh = await inbox.claim(tx, events);
      for (const { id } of fresh) await tx.rows('INSERT INTO effects VALUES ($1)', [id]);
      if (fail) throw fail;
      return fresh.map(({ id }) => id);
    });
  const effects = async () =>
    (await postgres.sql<{ event_id: string }>('SELECT event_id FROM alpha.effects')).map(
      (row) => row.event_id,
    );
  const rowOf = async ({ id }: EventEnvelope) => {
    const [row] = await postgres.sql(
      `SELECT state, attempts, error, envelope,
         round(extract(epoch FROM due_at - now()))::int AS wait FROM alpha.inbox WHERE event_id = $1`,
      [id],
    );
    return row;
  };
  const endWaits = () => postgres.sql("UPDATE alpha.inbox SET due_at = now() - interval '1 ms'");

  it('applies an event once, though it is delivered three times', async () => {
    const one = anEvent();
    expect(await apply([one])).toEqual([one.id]);
    expect(await apply([one])).toEqual([]);
    expect(await apply([one])).toEqual([]);
    expect(await effects()).toEqual([one.id]);
  });

  it('applies an event once, though it is delivered in ten batches at once, in any order', async () => {
    const events = Array.from({ length: 20 }, anEvent);
    const batches = Array.from({ length: 10 }, (_, index) => (index % 2 ? events : events.toReversed()));
    await Promise.all(batches.map((batch) => apply(batch)));
    expect((await effects()).toSorted()).toEqual(events.map(({ id }) => id).toSorted());
  });

  it('gives an event that is twice in a batch once', async () => {
    const one = anEvent();
    const other = anEvent();
    expect(await apply([one, other, one])).toEqual([one.id, other.id]);
  });

  it('forgets the claim when the effect is rolled back', async () => {
    const one = anEvent();
    await expect(apply([one], new Error('no'))).rejects.toThrow('no');
    expect(await apply([one])).toEqual([one.id]);
  });

  it('keeps a delivery that failed, with its reason, and gives it again when its time has come', async () => {
    const one = anEvent();
    await inbox.park(one, new RangeError('not today'));
    expect(await rowOf(one)).toEqual({
      state: 'waiting',
      attempts: 1,
      error: 'RangeError: not today',
      envelope: one,
      wait: 1,
    });
    expect(await inbox.takeDue(10)).toEqual([]);
    await endWaits();
    expect(await inbox.takeDue(10)).toEqual([one]);
    expect(await inbox.takeDue(10)).toEqual([]);
    expect(await apply([one])).toEqual([one.id]);
    expect(await rowOf(one)).toMatchObject({ state: 'done', error: null, envelope: null, wait: null });
  });

  it('doubles the wait up to five minutes and gives up at last', async () => {
    const one = anEvent();
    const waits: unknown[] = [];
    for (let attempt = 1; attempt <= 10; attempt++) {
      await inbox.park(one, new Error('no'));
      waits.push((await rowOf(one))?.['wait']);
    }
    expect(waits.slice(0, -1)).toEqual([1, 1, 2, 4, 8, 16, 32, 64, 128]);
    expect(await rowOf(one)).toMatchObject({ state: 'dead', attempts: 10 });
    await endWaits();
    expect(await inbox.takeDue(10)).toEqual([]);
  });

  it('does not hold against a delivery that something was away, for a day', async () => {
    const one = anEvent();
    for (let attempt = 1; attempt <= 12; attempt++) await inbox.park(one, new Unavailable('users is away'));
    expect(await rowOf(one)).toMatchObject({ state: 'waiting', attempts: 0, wait: 10 });
    await postgres.sql("UPDATE alpha.inbox SET received_at = now() - interval '25 hours'");
    await inbox.park(one, new Unavailable('users is away'));
    expect(await rowOf(one)).toMatchObject({ state: 'dead', error: 'Unavailable: users is away' });
  });

  it('applies a dead delivery that is sent again by a person', async () => {
    const one = anEvent();
    for (let attempt = 1; attempt <= 10; attempt++) await inbox.park(one, new Error('no'));
    expect(await apply([one])).toEqual([one.id]);
    expect(await rowOf(one)).toMatchObject({ state: 'done' });
  });

  it('does not bring an applied event back when a late delivery of it fails', async () => {
    const one = anEvent();
    await apply([one]);
    await inbox.park(one, new Error('too late'));
    expect(await rowOf(one)).toMatchObject({ state: 'done', error: null });
  });

  it('keeps no more than a thousand characters of a reason', async () => {
    const one = anEvent();
    await inbox.park(one, new Error('long '.repeat(1000)));
    expect(String((await rowOf(one))?.['error'])).toHaveLength(1000);
  });

  it('gives a due delivery to one of two that ask at once', async () => {
    const events = Array.from({ length: 30 }, anEvent);
    for (const each of events) await inbox.park(each, new Error('no'));
    await endWaits();
    const taken = await Promise.all([inbox.takeDue(20), inbox.takeDue(20), inbox.takeDue(20)]);
    expect(
      taken
        .flat()
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(events.map(({ id }) => id).toSorted());
  });

  it('is done with a delivery that went well at last, though its handler keeps no row of it', async () => {
    const [good, bad] = [anEvent(), anEvent()];
    await inbox.park(good, new Error('no'));
    await inbox.park(bad, new Error('no'));
    await endWaits();
    const relay = new OutboxRelay(
      uow,
      { ready: true, publish: () => Promise.resolve() },
      inbox,
      (envelope) => Promise.resolve(envelope.id === good.id),
      30,
    );
    expect(await relay.retry()).toBe(2);
    expect(await rowOf(good)).toMatchObject({ state: 'done' });
    expect(await rowOf(bad)).toMatchObject({ state: 'waiting' });
  });
});
