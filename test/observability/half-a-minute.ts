import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from '../../src/common/ids.js';
import type { Api } from '../api.js';
import { aUser } from '../builders/a-user.js';
import { anOrder } from '../builders/order.builder.js';
import { deliver, PLENTY } from '../chaos/shop.js';
import { LiveClient } from '../fakes/live-client.js';
import type { OrderView } from '../workflow/observer.js';
import type { Observed } from './observed.js';

/** So that some succeed for each that fails. */
const CARDS = [
  'tok_visa',
  'tok_mastercard',
  'tok_declined',
  'tok_visa',
  'tok_insufficient_funds',
  'tok_visa',
  'tok_gateway_error',
  'tok_visa',
  'tok_gateway_timeout',
  'tok_visa',
];

/**
 * A busy half minute with all that goes well and badly in a shop: orders of every outcome, refunds, sold-out goods,
 * wrong passwords, a gateway that fails for a while.
 */
export async function halfAMinuteOf(waybill: Observed): Promise<void> {
  const { api, url, gateway } = waybill;
  await deliver(url, PLENTY, 10_000);
  const staff = await api.token('staff');
  const buyer = await aUser(api, { email: 'busy@example.org' });
  const live = new LiveClient(url, buyer.accessToken);
  const end = Date.now() + 30_000;
  for (let round = 0; Date.now() < end; round++) {
    if (round === 8) await gateway.fault({ kind: 'error', status: 503, on: 'all', forSeconds: 4 });
    await Promise.all(CARDS.map((card, index) => order(waybill, buyer.accessToken, card, index)));
    await goWrong(waybill, buyer, round);
    await lookAround(waybill, staff, buyer.id, round);
    await sleep(200);
  }
  await gateway.heal();
  live.close();
}

async function order({ api }: Observed, token: string, card: string, index: number): Promise<void> {
  const sku = PLENTY[index % PLENTY.length] ?? 'MUG-001';
  const placed = await api.post<OrderView>('/orders', anOrder().withLine(sku, 2).paidWith(card).build(), {
    token,
  });
  if (placed.status !== 201) return;
  const staff = await api.token('staff');
  const { id, payment } = placed.body;
  if (index === 0) await api.delete(`/orders/${id}`, { token });
  else if (index === 1 && payment)
    await api.post(
      `/payments/${payment.id}/refund`,
      { reason: 'late' },
      { token: staff, key: `refund-${id}` },
    );
  else await api.put(`/orders/${id}`, { status: 'processing' }, { token: staff });
}

async function goWrong(
  { api }: Observed,
  { accessToken, email }: { accessToken: string; email: string },
  round: number,
): Promise<void> {
  const token = accessToken;
  await api.post('/orders', anOrder().withLine('POSTER-SOLD').build(), { token });
  await api.post('/orders', anOrder().withLine('NO-SUCH').build(), { token });
  await api.post('/orders', { items: [] }, { token });
  await api.get('/orders', { token: 'nonsense' });
  await api.get(`/orders/${'0'.repeat(8)}-0000-7000-8000-${'0'.repeat(12)}`, { token });
  if (round < 5) await api.post('/users/login', { email, password: 'not the password' });
}

async function lookAround({ api }: Observed, staff: string, userId: string, round: number): Promise<void> {
  await api.get('/products?limit=5');
  await api.get('/inventory/MUG-001');
  for (const list of ['orders', 'inventory', 'payments', 'notifications', 'inventory/alerts'])
    await api.get(`/${list}?limit=2`, { token: staff });
  if (round % 4 === 0) await aUser(api, { email: `visitor-${round}@example.org` });
  await api.post(
    '/inventory/adjust',
    { sku: 'CAP-002', warehouse: 'main', delta: 1, reason: 'found' },
    { token: staff, key: `found-${round}` },
  );
  await byHand(api, staff, round);
  const message = { userId, type: 'websocket', subject: 'hello', body: 'there' };
  await api.post('/notifications/send', message, { token: staff });
}

/** Stock that is held for an order that never comes, and an order that is charged once more: both ask for orders. */
async function byHand(api: Api, staff: string, round: number): Promise<void> {
  const orderId = newId();
  const held = { orderId, items: [{ sku: 'MUG-002', quantity: 1 }], reason: 'for a friend' };
  await api.post('/inventory/reserve', held, { token: staff, key: `held-${round}` });
  const { body } = await api.get<{ data: OrderView[] }>('/orders?status=confirmed&limit=1', { token: staff });
  const [confirmed] = body.data;
  if (!confirmed) return;
  const charge = {
    orderId: confirmed.id,
    amount: { amount: 100, currency: 'EUR' },
    method: 'card',
    token: 'tok_visa',
  };
  await api.post('/payments', charge, { token: staff, key: `charge-${round}` });
}
