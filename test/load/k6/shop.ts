import { check } from 'k6';
import { type Answer, ask, must, read, type Request } from './api.ts';
import { orderDuration, ordersPlaced, wrong } from './objectives.ts';
import { CARD_TOKEN } from './settings.ts';

interface Money {
  amount: number;
  currency: string;
}

export interface Product {
  sku: string;
  price: Money;
  active: boolean;
}

export interface Order {
  id: string;
  status: string;
  total: Money;
  items: { sku: string; quantity: number }[];
}

/** For setup: what is in stock. */
export function productsInStock(): Product[] {
  const list = must({ method: 'GET', path: '/products?limit=100', route: '/products', expected: [200] });
  const { data } = read<{ data: Product[] }>(list);
  const products = data.filter(({ sku, active }) => active && available(sku) > 0);
  if (products.length === 0) throw new Error('There is nothing in stock');
  return products;
}

export function available(sku: string): number {
  const answer = must({
    method: 'GET',
    path: `/inventory/${sku}`,
    route: '/inventory/:sku',
    expected: [200],
  });
  return read<{ available: number }>(answer).available;
}

/** Fills the shelves, as staff: a load that buys them empty shows only that. */
export function deliver(token: string, products: { sku: string }[], delta: number): void {
  for (const { sku } of products) {
    must({
      method: 'POST',
      path: '/inventory/adjust',
      route: '/inventory/adjust',
      token,
      key: newKey(),
      body: { sku, warehouse: 'main', delta, reason: 'delivery for a load test' },
      expected: [200],
    });
  }
}

/** A look at the list, one product and what is left of it. */
export function browse({ sku }: Product): void {
  ask({ method: 'GET', path: '/products?limit=20', route: '/products', expected: [200] });
  ask({ method: 'GET', path: `/products/${sku}`, route: '/products/:sku', expected: [200] });
  ask({ method: 'GET', path: `/inventory/${sku}`, route: '/inventory/:sku', expected: [200] });
}

export function orderOf({ sku }: { sku: string }, token: string, key: string): Request {
  const body = {
    items: [{ sku, quantity: 1 }],
    payment: { method: 'card', token: CARD_TOKEN },
    shippingAddress: {
      name: 'k6',
      line1: 'Teststraße 1',
      city: 'Berlin',
      postalCode: '10115',
      country: 'DE',
    },
  };
  return { method: 'POST', path: '/orders', route: '/orders', token, key, body, expected: [201] };
}

/** Orders one, and looks hard at what comes back. Null when it was refused or failed. */
export function place(product: Product, token: string): Order | null {
  const answer = ask(orderOf(product, token, newKey()));
  return answer && confirmed(answer, product);
}

/** Counts an order that was confirmed; one that is not what was ordered counts as wrong. */
export function confirmed(answer: Answer, { sku, price }: Product): Order {
  const order = read<Order>(answer);
  const [item, ...others] = order.items;
  const isRight = check(order, {
    'the order is confirmed': ({ status }) => status === 'confirmed',
    'it is what was ordered': () => item?.sku === sku && item.quantity === 1 && others.length === 0,
    'it costs what the catalogue says': ({ total }) =>
      total.amount === price.amount && total.currency === price.currency,
  });
  if (!isRight) wrong.add(1);
  orderDuration.add(answer.timings.duration);
  ordersPlaced.add(1);
  return order;
}

export function lookAt({ id }: Order, token: string): void {
  const answer = ask({ method: 'GET', path: `/orders/${id}`, route: '/orders/:id', token, expected: [200] });
  if (!answer) return;
  const isThere = check(read<Order>(answer), { 'the order is there': (order) => order.id === id });
  if (!isThere) wrong.add(1);
}

/** Gives back its stock and money. */
export function cancel({ id }: Order, token: string): void {
  ask({ method: 'DELETE', path: `/orders/${id}`, route: '/orders/:id', token, expected: [200] });
}

export function oneOf<T>(list: T[]): T {
  const one = list[Math.floor(Math.random() * list.length)];
  if (one === undefined) throw new Error('There is nothing to choose from');
  return one;
}

/** An Idempotency-Key that nobody has had before. */
export function newKey(): string {
  return `k6-${Date.now()}-${Math.random().toString(36).slice(2)}`;
}
