import { aUser } from '../builders/a-user.js';
import { anOrder } from '../builders/order.builder.js';
import type { Observed } from './observed.js';

interface Case {
  title: string;
  card?: string;
  status: number;
  times: number;
  lines?: number;
  /** Of each product. */
  stock?: number;
}

/** What comes of the orders, in the order in which they are placed. Failures of the gateway lie apart: no breaker opens. */
const CASES: readonly Case[] = [
  { title: 'confirmed', status: 201, times: 9 },
  { title: 'gateway fails', card: 'tok_gateway_error', status: 503, times: 1 },
  { title: 'declined', card: 'tok_declined', status: 402, times: 4 },
  { title: 'confirmed', status: 201, times: 9 },
  { title: 'two lines', card: 'tok_mastercard', status: 201, times: 6, lines: 2 },
  { title: 'gateway fails', card: 'tok_gateway_error', status: 503, times: 1 },
  { title: 'cancelled', status: 201, times: 3 },
  { title: 'no funds', card: 'tok_insufficient_funds', status: 402, times: 4 },
  { title: 'slow', card: 'tok_slow', status: 201, times: 2 },
  { title: 'charged without an answer', card: 'tok_gateway_timeout', status: 201, times: 2 },
  { title: 'sold out', status: 409, times: 4, stock: 0 },
  { title: 'unknown product', status: 404, times: 2 },
  { title: 'no order at all', status: 400, times: 2 },
  { title: 'gateway fails', card: 'tok_gateway_error', status: 503, times: 1 },
];

export interface PlacedOrder {
  /** `12 declined` */
  title: string;
  /** Of its request. */
  traceId: string;
  status: number;
  expected: number;
  id: string | null;
}

/**
 * Places 50 orders, each by a user and of products of its own, so that no cache knows anything of them, and each when
 * the one before it has settled: what each leaves behind is then the same every time.
 */
export async function placeFiftyOrders(waybill: Observed): Promise<PlacedOrder[]> {
  const placed: PlacedOrder[] = [];
  for (const each of CASES.flatMap((one) => Array.from({ length: one.times }, () => one))) {
    placed.push(await placeOne(waybill, placed.length, each));
    await waybill.settled();
  }
  return placed;
}

async function placeOne(waybill: Observed, number: number, each: Case): Promise<PlacedOrder> {
  const { api } = waybill;
  const user = await aUser(api, { email: `buyer-${number}@example.org` });
  const skus = each.title === 'unknown product' ? [`NO-${number}`] : await products(waybill, number, each);
  await waybill.settled();
  const order = anOrder().paidWith(each.card ?? 'tok_visa');
  for (const sku of skus) order.withLine(sku);
  const traceId = traceIdOf(ORDER, number);
  const as = (id: string) => ({
    token: user.accessToken,
    headers: { traceparent: `00-${id}-00000000000000f1-01` },
  });
  const body = each.status === 400 ? { items: [] } : order.build();
  const answer = await api.post<{ id?: string }>('/orders', body, as(traceId));
  const placed: PlacedOrder = {
    title: `${number} ${each.title}`,
    traceId,
    status: answer.status,
    expected: each.status,
    id: answer.body.id ?? null,
  };
  if (each.title !== 'cancelled') return placed;
  await waybill.settled();
  await api.delete(`/orders/${placed.id}`, as(traceIdOf(RACE, number)));
  return placed;
}

async function products(
  { api }: Observed,
  number: number,
  { lines = 1, stock = 20 }: Case,
): Promise<string[]> {
  const token = await api.token('staff');
  const skus = Array.from({ length: lines }, (_, line) => `OBS-${String(number).padStart(2, '0')}-${line}`);
  for (const sku of skus) {
    const price = { amount: 1000 + number, currency: 'EUR' };
    await expectStatus(201, api.post('/products', { sku, name: sku, description: 'x', price }, { token }));
    if (stock === 0) continue;
    const delta = { sku, warehouse: 'main', delta: stock, reason: 'delivery' };
    await expectStatus(200, api.post('/inventory/adjust', delta, { token, key: `stock-${sku}` }));
  }
  return skus;
}

async function expectStatus(
  wanted: number,
  answer: Promise<{ status: number; body: unknown }>,
): Promise<void> {
  const { status, body } = await answer;
  if (status !== wanted) throw new Error(`answered ${status} ${JSON.stringify(body)}`);
}

const ORDER = 1;
const RACE = 2;

/** Whether the call or the event is first to give the money back is a race, and either is right. */
export function isRace(traceId: string): boolean {
  return traceId.startsWith(RACE.toString(16).padStart(16, '0'));
}

function traceIdOf(kind: number, number: number): string {
  return `${kind.toString(16).padStart(16, '0')}${(number + 1).toString(16).padStart(16, '0')}`;
}
