import { setTimeout as sleep } from 'node:timers/promises';
import { anOrder } from '../builders/order.builder.js';
import { untilSettled } from '../chaos/settling.js';
import { eventually, startWaybill, type WaybillInside } from '../harness.js';
import type { OrderView } from '../workflow/observer.js';

describe('what is counted', () => {
  let waybill: WaybillInside;
  let alice: string;
  let staff: string;

  beforeAll(async () => {
    waybill = await startWaybill({ EVENT_ATTEMPTS: '1', LOG_LEVEL: 'fatal' });
    alice = await waybill.api.token('alice');
    staff = await waybill.api.token('staff');
  });
  afterAll(() => waybill?.stop());

  /** The sum of all series of a metric that have these labels. */
  const value = async (metric: string, labels: Record<string, string>) => {
    const text = await (await fetch(`${waybill.url}/metrics`)).text();
    return text
      .split('\n')
      .filter((line) => line.startsWith(`${metric}{`))
      .filter((line) => Object.entries(labels).every(([key, wanted]) => line.includes(`${key}="${wanted}"`)))
      .reduce((sum, line) => sum + Number(line.split('} ')[1]?.split(' ', 1)[0]), 0);
  };
  const growth = async (metric: string, labels: Record<string, string>, act: () => Promise<unknown>) => {
    const before = await value(metric, labels);
    await act();
    await untilSettled(waybill.sql);
    return (await value(metric, labels)) - before;
  };
  const order = (card = 'tok_visa', key?: string) =>
    waybill.api.post<OrderView>('/orders', anOrder().paidWith(card).build(), {
      token: alice,
      ...(key ? { key } : {}),
    });
  const reservations = (outcome: string, act: () => Promise<unknown>) =>
    growth('inventory_reservations_total', { outcome }, act);

  it('is a release once, though the workflow and its event both ask for it', async () => {
    expect(await reservations('released', () => order('tok_declined'))).toBe(1);
    const { body } = await order();
    await untilSettled(waybill.sql);
    expect(
      await reservations('released', () => waybill.api.delete(`/orders/${body.id}`, { token: alice })),
    ).toBe(1);
  });

  it('is a reservation by hand once, however often its key is sent', async () => {
    const body = {
      orderId: '0197aaaa-0000-7000-8000-000000000001',
      items: [{ sku: 'MUG-001', quantity: 1 }],
      reason: 'for a friend',
    };
    const reserve = () => waybill.api.post('/inventory/reserve', body, { token: staff, key: 'by-hand' });
    expect(await reservations('reserved', async () => [await reserve(), await reserve()])).toBe(1);
  });

  it('is an order once, and its repetitions as such', async () => {
    const again = () => order('tok_visa', 'the-same');
    await again();
    const twice = async () => [await again(), await again()];
    expect(await growth('order_requests_total', { status: 'confirmed' }, twice)).toBe(0);
    expect(await growth('order_requests_total', { status: 'repeated' }, twice)).toBe(2);
    expect(await growth('orders_created_total', {}, twice)).toBe(0);
  });

  it('is a request that its client gave up, as one without an answer', async () => {
    const aborted = async () => {
      const giveUp = new AbortController();
      const asked = fetch(`${waybill.url}/api/v1/orders`, {
        method: 'POST',
        signal: giveUp.signal,
        headers: { authorization: `Bearer ${alice}`, 'content-type': 'application/json' },
        body: JSON.stringify(anOrder().paidWith('tok_slow').build()),
      }).catch(() => null);
      await sleep(500);
      giveUp.abort();
      await asked;
    };
    const labels = { endpoint: '/api/v1/orders', status: '499' };
    expect(await growth('http_requests_total', labels, aborted)).toBe(1);
  });

  it('is a dead letter for the module that could not take it in, and not for the one that told it', async () => {
    await waybill.sql(
      `INSERT INTO orders.outbox (id, name, version, key, occurred_at, correlation_id, payload)
       VALUES (gen_random_uuid(), 'orders.confirmed', 1, 'k', now(), 'c', '{"orderId": "nonsense"}')`,
    );
    const dead = (service: string) => value('events_consumed_total', { outcome: 'dead', service });
    await eventually(async () => {
      expect([await dead('inventory-service'), await dead('notification-service')]).toEqual([1, 1]);
    });
    expect(await dead('order-service')).toBe(0);
  });
});
