import { z } from 'zod';
import { eventually } from '../../../test/eventually.js';
import { startPostgres, type TestPostgres } from '../../../test/postgres.js';
import type { UnitOfWork } from '../persistence/unit-of-work.js';
import { defineEvents, event } from './contract.js';
import { LeftKeys } from './left-keys.js';
import { appendEvents, newEvent } from './outbox.js';

const Events = defineEvents('alpha', {
  counted: event({ payload: z.object({ key: z.string() }), key: ({ key }) => key }),
});

describe('keys of which an event was left to the relays', () => {
  let postgres: TestPostgres;
  let uow: UnitOfWork;
  let left: LeftKeys;

  beforeAll(async () => {
    postgres = await startPostgres();
    uow = await postgres.module('alpha');
  });
  beforeEach(async () => {
    await postgres.sql('TRUNCATE alpha.outbox');
    left = new LeftKeys(uow, 3);
  });
  afterAll(() => postgres.stop());

  const leave = async (...keys: string[]) => {
    await appendEvents(
      uow,
      keys.map((key) => newEvent(Events.counted, { key })),
    );
    for (const key of keys) left.add(key);
  };
  const handOn = (...keys: string[]) =>
    postgres.sql('UPDATE alpha.outbox SET published_at = now() WHERE key = ANY ($1)', [keys]);
  const known = (...keys: string[]) => keys.filter((key) => left.has(key));
  const eventuallyKnown = (keys: string[], expected: string[]) =>
    eventually(async () => {
      await left.look();
      expect(known(...keys)).toEqual(expected);
    });

  it('are all keys at a start, until the outbox has told what an earlier process left', async () => {
    await leave('a');
    left = new LeftKeys(uow, 3);
    left.distrust();
    expect(known('a', 'b')).toEqual(['a', 'b']);
    await eventuallyKnown(['a', 'b'], ['a']);
  });

  it('are known while one of theirs waits', async () => {
    await leave('a', 'b');
    await handOn('a');
    await eventuallyKnown(['a', 'b', 'c'], ['b']);
    await handOn('b');
    await eventuallyKnown(['a', 'b', 'c'], []);
  });

  it('are kept when one more is left while the outbox is asked', async () => {
    await leave('a');
    await handOn('a');
    const looking = left.look();
    left.add('a');
    await looking;
    expect(known('a')).toEqual(['a']);
    await eventuallyKnown(['a'], []);
  });

  it('are all keys when there are too many to remember, until those that wait are few enough again', async () => {
    await leave('a', 'b', 'c', 'd');
    await left.look();
    expect(known('a', 'd', 'never seen')).toEqual(['a', 'd', 'never seen']);
    await handOn('a', 'c');
    await eventuallyKnown(['a', 'b', 'c', 'd', 'never seen'], ['b', 'd']);
    await handOn('b', 'd');
    await eventuallyKnown(['b', 'd'], []);
  });

  it('stay all keys when too many are left while the outbox is asked', async () => {
    await leave('a', 'b', 'c', 'd');
    await handOn('a', 'b', 'c', 'd');
    const looking = left.look();
    for (const key of ['e', 'f', 'g', 'h']) left.add(key);
    await looking;
    expect(known('h')).toEqual(['h']);
    await eventuallyKnown(['e', 'h', 'never seen'], []);
  });
});
