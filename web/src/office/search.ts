import type { Order, Payment } from '../queries';
import { strings } from '../strings';

type Search = Record<string, unknown>;

export interface OrderFilter {
  status?: Order['status'] | undefined;
  q?: string | undefined;
  /** Days, as a date input has them. */
  from?: string | undefined;
  to?: string | undefined;
  userId?: string | undefined;
}

export interface StockFilter {
  q?: string | undefined;
  warehouse?: string | undefined;
  low?: boolean | undefined;
}

export interface PaymentFilter {
  status?: Payment['status'] | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);

function day(value: unknown): string | undefined {
  const given = text(value);
  return given && /^\d{4}-\d\d-\d\d$/.test(given) && !Number.isNaN(Date.parse(given)) ? given : undefined;
}

/** One of those that have a name for people. */
function named<T extends string>(names: Record<T, string>, value: unknown): T | undefined {
  return (Object.keys(names) as T[]).find((name) => name === value);
}

/*
 * What an address says, as far as it can be looked for. Said to be undefined rather than left out, or else the router
 * keeps what the address says.
 */
export const orderFilter = (search: Search): OrderFilter => ({
  status: named(strings.orders.status, search['status']),
  q: text(search['q']),
  from: day(search['from']),
  to: day(search['to']),
  userId: text(search['userId']),
});

export const stockFilter = (search: Search): StockFilter => ({
  q: text(search['q']),
  warehouse: text(search['warehouse']),
  low: search['low'] === true || undefined,
});

export const paymentFilter = (search: Search): PaymentFilter => ({
  status: named(strings.orders.payments, search['status']),
  from: day(search['from']),
  to: day(search['to']),
});
