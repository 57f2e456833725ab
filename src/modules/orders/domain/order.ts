import { MAX_AMOUNT, type Money, sum, times } from '../../../common/money.js';
import type { OrderChange, OrderStatus } from '../orders.contract.js';
import { OrderErrors } from '../orders.errors.js';
import { type Actor, requireTransition } from './order-status.js';

export interface Address {
  name: string;
  line1: string;
  line2: string | null;
  city: string;
  postalCode: string;
  country: string;
}

export interface OrderItem {
  sku: string;
  name: string;
  quantity: number;
  unitPrice: Money;
  total: Money;
}

export interface OrderPayment {
  id: string;
  status: string;
}

export interface OrderFailure {
  code: string;
  detail: string;
}

/** An order. Times are RFC 3339 UTC. `version` starts at 1 and goes up by one with every change. */
export interface Order {
  id: string;
  number: string;
  userId: string;
  status: OrderStatus;
  version: number;
  items: OrderItem[];
  total: Money;
  shippingAddress: Address;
  note: string | null;
  payment: OrderPayment | null;
  failure: OrderFailure | null;
  createdAt: string;
  updatedAt: string;
}

/** One change of an order: each version has exactly one. `from` is null for the first. */
export interface HistoryEntry {
  version: number;
  from: OrderStatus | null;
  to: OrderStatus;
  at: string;
  by: string;
  reason: string | null;
  traceId: string | null;
}

/** Who makes a change, when, why and in which trace. */
export interface Change {
  actor: Actor;
  /** A user id, or `system`. */
  by: string;
  at: string;
  reason: string | null;
  traceId: string | null;
}

export interface Changed {
  order: Order;
  entry: HistoryEntry;
}

export interface OrderLine {
  sku: string;
  quantity: number;
}

export interface Product {
  sku: string;
  name: string;
  price: Money;
}

/** Lines of one SKU become one. */
export function mergeLines(lines: readonly OrderLine[]): OrderLine[] {
  const quantities = new Map<string, number>();
  for (const { sku, quantity } of lines) quantities.set(sku, (quantities.get(sku) ?? 0) + quantity);
  return [...quantities].map(([sku, quantity]) => ({ sku, quantity }));
}

/**
 * Prices come from the catalogue; a line whose product is not among them is a mistake of the caller. Throws
 * ORDER.TOO_LARGE when the lines come to more than MAX_AMOUNT together.
 */
export function priceLines(lines: readonly OrderLine[], products: ReadonlyMap<string, Product>): OrderItem[] {
  let left = MAX_AMOUNT;
  return lines.map(({ sku, quantity }) => {
    const product = products.get(sku);
    if (!product) throw new RangeError(`no price for ${sku}`);
    left -= product.price.amount * quantity;
    if (left < 0) throw OrderErrors.TOO_LARGE();
    return {
      sku,
      name: product.name,
      quantity,
      unitPrice: product.price,
      total: times(product.price, quantity),
    };
  });
}

/** Nobody is charged what they did not see. Throws ORDER.PRICE_CHANGED. */
export function requireTotal(items: readonly OrderItem[], expected: Money): void {
  const total = sum(items.map((item) => item.total));
  if (total.amount === expected.amount && total.currency === expected.currency) return;
  const text = ({ amount, currency }: Money) => `${amount} ${currency}`;
  throw OrderErrors.PRICE_CHANGED(`In minor units it costs ${text(total)}, not ${text(expected)}`);
}

export type NewOrder = Pick<Order, 'id' | 'number' | 'userId' | 'items' | 'shippingAddress' | 'note'>;

/** An order as it is first written: pending, before anything was reserved or paid. */
export function placeOrder(draft: NewOrder, change: Change): Changed {
  const order: Order = {
    ...draft,
    status: 'pending',
    version: 1,
    total: sum(draft.items.map((item) => item.total)),
    payment: null,
    failure: null,
    createdAt: change.at,
    updatedAt: change.at,
  };
  return { order, entry: entryOf(null, order, change) };
}

/** Moves an order to another state. Throws ORDER.ILLEGAL_TRANSITION. */
export function moveTo(order: Order, status: OrderStatus, change: Change): Changed {
  requireTransition(order.status, status, change.actor);
  return next(order, { status }, change);
}

export function confirm(order: Order, payment: OrderPayment, change: Change): Changed {
  requireTransition(order.status, 'confirmed', change.actor);
  return next(order, { status: 'confirmed', payment }, change);
}

export function fail(order: Order, failure: OrderFailure, change: Change): Changed {
  requireTransition(order.status, 'failed', change.actor);
  return next(order, { status: 'failed', failure }, change);
}

/** What of an order may be changed once it is placed. */
export type OrderEdits = Partial<Pick<Order, 'shippingAddress' | 'note'>>;

/** Changes address or note; the history tells that it happened, never the address itself. */
export function edit(order: Order, fields: OrderEdits, change: Change): Changed {
  return next(order, fields, change);
}

/** Throws ORDER.VERSION_MISMATCH when the caller has read an older version than there is; null means any. */
export function requireVersion(order: Order, version: number | null): void {
  if (version === null || version === order.version) return;
  throw OrderErrors.VERSION_MISMATCH(
    `The order is at version ${order.version}, not ${version}; read it again`,
  );
}

/** What the events of an order tell. */
export function toChange(order: Order, reason: string | null): OrderChange {
  const { id, number, userId, version, status, total, items, updatedAt } = order;
  return { orderId: id, number, userId, version, status, total, items, at: updatedAt, reason };
}

function next(order: Order, fields: Partial<Order>, change: Change): Changed {
  const changed = { ...order, ...fields, version: order.version + 1, updatedAt: change.at };
  return { order: changed, entry: entryOf(order.status, changed, change) };
}

function entryOf(from: OrderStatus | null, order: Order, change: Change): HistoryEntry {
  const { by, at, reason, traceId } = change;
  return { version: order.version, from, to: order.status, at, by, reason, traceId };
}
