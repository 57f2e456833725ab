import { isDeepStrictEqual } from 'node:util';
import { type Answer, field } from './http.js';

/**
 * `good`: confirmed, and exactly what was ordered. `refused`: 503 with Retry-After, an honest no. `unsettled`: 202, not
 * known yet. `failed`: any other 5xx. `wrong`: an answer that should not be, a 201 with the wrong order in it included.
 */
export type Verdict = 'good' | 'refused' | 'unsettled' | 'failed' | 'wrong' | 'timeout' | 'unreachable';

export interface Money {
  amount: number;
  currency: string;
}

/** What a probe orders one of. */
export interface Ware {
  sku: string;
  price: Money;
}

export interface Judgement {
  verdict: Verdict;
  /** Of the order, when one was made. */
  orderId: string | null;
  /** Why it is not good, for people. */
  why: string | null;
}

/** Judges the answer to an order of one `ware` by `userId`. */
export function judge(answer: Answer, ware: Ware, userId: string): Judgement {
  const { status, headers, body } = answer;
  const id = field(body, 'id');
  const orderId = (status === 201 || status === 202) && typeof id === 'string' ? id : null;
  const code = field(body, 'code');
  const said = `${status}${typeof code === 'string' ? ` ${code}` : ''}`;
  if (status === 202 && orderId) return { verdict: 'unsettled', orderId, why: said };
  if (status === 503 && headers['retry-after']) return { verdict: 'refused', orderId: null, why: said };
  if (status >= 500) return { verdict: 'failed', orderId: null, why: said };
  if (status !== 201 || !orderId) return { verdict: 'wrong', orderId, why: said };
  const flaw = flawOf(body, ware, userId);
  return flaw
    ? { verdict: 'wrong', orderId, why: `201 with ${flaw}` }
    : { verdict: 'good', orderId, why: null };
}

function flawOf(order: unknown, { sku, price }: Ware, userId: string): string | null {
  const expected: [string, unknown, unknown][] = [
    ['status', field(order, 'status'), 'confirmed'],
    ['userId', field(order, 'userId'), userId],
    ['total', field(order, 'total'), price],
    ['payment.status', field(field(order, 'payment'), 'status'), 'captured'],
    ['items', linesOf(order), [{ sku, quantity: 1 }]],
  ];
  const flaw = expected.find(([, actual, wanted]) => !isDeepStrictEqual(actual, wanted));
  return flaw ? `${flaw[0]} ${JSON.stringify(flaw[1])}` : null;
}

function linesOf(order: unknown): unknown {
  const items = field(order, 'items');
  if (!Array.isArray(items)) return items;
  return items.map((item: unknown) => ({ sku: field(item, 'sku'), quantity: field(item, 'quantity') }));
}
