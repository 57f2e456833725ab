import { eventually } from '../../../test/eventually.js';
import { startPostgres, type TestPostgres } from '../../../test/postgres.js';
import { DomainError } from '../errors/domain-error.js';
import { newId } from '../ids.js';
import type { UnitOfWork } from '../persistence/unit-of-work.js';
import { IdempotencyKeys, type KeyedRequest, type KeptAnswer, requestHash } from './idempotency-keys.js';

describe('requestHash', () => {
  it('does not depend on the order of fields, at any depth, nor on fields that are not there', () => {
    const one = requestHash({ a: 1, b: { c: [1, { d: 2, e: 3 }], f: undefined } });
    expect(requestHash({ b: { c: [1, { e: 3, d: 2 }] }, a: 1 })).toBe(one);
  });

  it.each<[unknown, unknown]>([
    [{ a: 1 }, { a: 2 }],
    [{ a: 1 }, { a: '1' }],
    [{ a: [1, 2] }, { a: [2, 1] }],
    [{ a: null }, {}],
    [{ a: { b: 1 } }, { b: { a: 1 } }],
    [{ 'a":1,"b': 2 }, { a: 1, b: 2 }],
    [{ a: [] }, { a: {} }],
    [['a,b'], ['a', 'b']],
  ])('tells %j from %j', (one, other) => {
    expect(requestHash(one)).not.toBe(requestHash(other));
  });
});

describe('IdempotencyKeys', () => {
  let postgres: TestPostgres;
  let uow: UnitOfWork;
  let keys: IdempotencyKeys;

  beforeAll(async () => {
    postgres = await startPostgres();
    uow = await postgres.module('alpha', { poolSize: 8 });
    keys = new IdempotencyKeys(uow);
    await uow.rows('CREATE TABLE effects (key text)');
  });

  afterAll(() => postgres.stop());

  const request = (changes: Partial<KeyedRequest> = {}): KeyedRequest => ({
    scope: 'refund:alice',
    key: newId(),
    hash: requestHash({ amount: 5 }),
    ...changes,
  });
  const answer: KeptAnswer = { status: 201, body: { id: 'r1', amount: 5, note: null } };
  const refusal = (work: Promise<unknown>) =>
    work.then(
      () => 'none',
      (error: unknown) => (error instanceof DomainError ? error.code : error),
    );
  /** As a module does: the key, the effect and the answer in one transaction. */
  const perform = (asked: KeyedRequest): Promise<KeptAnswer> =>
    uow.run(async (tx) => {
      const kept = await keys.take(tx, asked);
      if (kept) return kept;
      await tx.rows('INSERT INTO effects VALUES ($1)', [asked.key]);
      await keys.keep(tx, asked, answer);
      return answer;
    });
  const effectsOf = async ({ key }: KeyedRequest) =>
    (await postgres.sql('SELECT 1 FROM alpha.effects WHERE key = $1', [key])).length;

  it('gives the first answer again to the same request', async () => {
    const asked = request();
    expect(await perform(asked)).toEqual(answer);
    expect(await perform(asked)).toEqual(answer);
    expect(await keys.find(uow, asked)).toEqual(answer);
    expect(await effectsOf(asked)).toBe(1);
  });

  it('refuses another request under the same key', async () => {
    const asked = request();
    await perform(asked);
    const other = { ...asked, hash: requestHash({ amount: 6 }) };
    expect(await refusal(perform(other))).toBe('IDEMPOTENCY.KEY_REUSED');
    expect(await refusal(keys.find(uow, other))).toBe('IDEMPOTENCY.KEY_REUSED');
    expect(await effectsOf(asked)).toBe(1);
  });

  it('asks for patience while the first request is at work, without waiting for it', async () => {
    const asked = request();
    await uow.run(async (tx) => {
      expect(await keys.take(tx, asked)).toBeNull();
      const second = await perform(asked).catch((error: unknown) => error);
      expect(second).toMatchObject({ code: 'IDEMPOTENCY.IN_FLIGHT', status: 409, retryAfter: 1 });
    });
  });

  it('asks for patience while the effect outlives its transaction, until the answer is kept', async () => {
    const asked = request();
    const resource = newId();
    await uow.run((tx) => keys.take(tx, asked, resource));
    expect(await refusal(perform(asked))).toBe('IDEMPOTENCY.IN_FLIGHT');
    expect(await refusal(keys.find(uow, asked))).toBe('IDEMPOTENCY.IN_FLIGHT');
    await keys.keep(uow, asked, answer);
    expect(await perform(asked)).toEqual(answer);
  });

  it('frees the key when the first request was rolled back', async () => {
    const asked = request();
    const failing = uow.run(async (tx) => {
      await keys.take(tx, asked);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await keys.find(uow, asked)).toBeNull();
    expect(await perform(asked)).toEqual(answer);
  });

  it('keeps keys of different users and operations apart', async () => {
    const asked = request();
    const others = ['refund:bob', 'charge:alice'].map((scope) => ({
      ...asked,
      scope,
      hash: requestHash(scope),
    }));
    await perform(asked);
    for (const other of others) expect(await perform(other)).toEqual(answer);
    expect(await effectsOf(asked)).toBe(3);
  });

  it('lets one of fifty through, and gives all fifty its answer in the end', async () => {
    const asked = request();
    const answers = Array.from({ length: 50 }, () =>
      eventually(async () => expect(await perform(asked)).toEqual(answer)),
    );
    await Promise.all(answers);
    expect(await effectsOf(asked)).toBe(1);
  });

  it('forgets keys after a day and not before', async () => {
    const [old, young] = [request(), request()];
    await perform(old);
    await perform(young);
    await postgres.sql(
      "UPDATE alpha.idempotency_keys SET created_at = now() - interval '26 hours' WHERE key = $1",
      [old.key],
    );
    await postgres.sql(
      "UPDATE alpha.idempotency_keys SET created_at = now() - interval '24 hours' WHERE key = $1",
      [young.key],
    );
    expect(await keys.prune()).toBe(1);
    expect(await keys.find(uow, old)).toBeNull();
    expect(await keys.find(uow, young)).toEqual(answer);
  });
});
