import type { Answer } from '../../deploy/chaos/http.js';
import { choose } from '../../deploy/chaos/kill-rounds.js';
import type { Probe } from '../../deploy/chaos/prober.js';
import { recoveryOf } from '../../deploy/chaos/recovery.js';
import { judge, type Verdict } from '../../deploy/chaos/verdict.js';
import { randomFrom } from '../chaos/random.js';

const WARE = { sku: 'MUG-001', price: { amount: 1290, currency: 'EUR' } };
const ORDER = {
  id: 'order-1',
  userId: 'alice',
  status: 'confirmed',
  items: [{ sku: 'MUG-001', name: 'Mug', quantity: 1 }],
  total: WARE.price,
  payment: { id: 'payment-1', status: 'captured' },
};

describe('the verdict on an answer', () => {
  const verdict = (status: number, body: unknown, headers: Answer['headers'] = {}) =>
    judge({ status, body, headers }, WARE, 'alice');

  it('is good for what was ordered, confirmed and paid, and for nothing else', () => {
    expect(verdict(201, ORDER)).toEqual({ verdict: 'good', orderId: 'order-1', why: null });
  });

  it.each([
    ['it is not confirmed', { ...ORDER, status: 'pending' }],
    ["it is somebody else's", { ...ORDER, userId: 'bob' }],
    ['it costs something else', { ...ORDER, total: { amount: 1, currency: 'EUR' } }],
    ['it is in another currency', { ...ORDER, total: { ...WARE.price, currency: 'USD' } }],
    ['it has another thing in it', { ...ORDER, items: [{ sku: 'TEE-001', quantity: 1 }] }],
    ['it has two of them', { ...ORDER, items: [{ sku: 'MUG-001', quantity: 2 }] }],
    ['it is not paid', { ...ORDER, payment: null }],
    ['it has no id', { ...ORDER, id: undefined }],
    ['it is empty', {}],
    ['it is no JSON', undefined],
  ])('is wrong for a 201 when %s', (_why, body) => {
    expect(verdict(201, body).verdict).toBe('wrong');
  });

  it.each<[Verdict, number, unknown, Answer['headers']]>([
    ['unsettled', 202, { ...ORDER, status: 'pending' }, {}],
    ['refused', 503, { code: 'SERVICE.OVERLOADED' }, { 'retry-after': '1' }],
    ['failed', 503, undefined, {}],
    ['failed', 502, undefined, {}],
    ['failed', 500, {}, {}],
    ['wrong', 409, { code: 'INVENTORY.OUT_OF_STOCK' }, {}],
    ['wrong', 200, ORDER, {}],
    ['wrong', 202, {}, {}],
  ])('is %s for %i', (expected, status, body, headers) => {
    expect(verdict(status, body, headers).verdict).toBe(expected);
  });
});

describe('the time to recovery', () => {
  const SECOND = 1000;
  /** One a second from 0 on, each answered after 100 ms: `g` is good, `b` is not. */
  const probes = (story: string): Probe[] =>
    story.split('').map((letter, index) => ({
      key: String(index),
      sentAt: index * SECOND,
      answeredAt: index * SECOND + 100,
      verdict: letter === 'g' ? 'good' : 'failed',
      orderId: null,
      why: null,
    }));

  it.each([
    ['nobody noticed', 'gggggggg', 0],
    ['three were lost', 'ggbbbggg', 3.6],
    ['it looked well for a while', 'ggbgggbggg', 5.6],
    ['two good ones are not enough', 'ggbbbbgg', null],
    ['it never came back', 'ggbbbbbb', null],
    ['nothing was asked any more', 'g', null],
  ])('when %s: %s', (_what, story, seconds) => {
    expect(recoveryOf(probes(story), 1.5 * SECOND, Infinity, 3).seconds).toBe(seconds);
  });

  it('is over the limit of 30 s when it is', () => {
    expect(recoveryOf(probes(`g${'b'.repeat(31)}ggg`), SECOND / 2, Infinity, 3).seconds).toBeGreaterThan(30);
  });

  it('leaves to the next kill what was answered after it, and counts what was under way at its own', () => {
    const all = probes('ggbbggggbb');
    const slow = { ...all[1], sentAt: 1 * SECOND, answeredAt: 1.9 * SECOND, verdict: 'timeout' as const };
    all[1] = slow as Probe;
    const { bad, seconds, orders } = recoveryOf(all, 1.5 * SECOND, 7.5 * SECOND, 3);
    expect(bad.map(({ verdict }) => verdict)).toEqual(['timeout', 'failed', 'failed']);
    expect([orders, seconds]).toEqual([7, 2.6]);
  });
});

describe('the victim', () => {
  const instances = ['order-service', 'user-service', 'catalog-service'].flatMap((service) =>
    ['a', 'b'].map((name) => ({ name: `${service}-${name}`, service, ready: true, incarnation: name })),
  );
  const victims = (seed: number) => {
    const random = randomFrom(seed);
    return Array.from({ length: 20 }, () => choose(instances, random).name);
  };

  it('is the same for the same seed, and in time each of them', () => {
    expect(victims(1)).toEqual(victims(1));
    expect(victims(1)).not.toEqual(victims(2));
    expect(new Set(victims(1)).size).toBe(6);
  });
});
