import { anOrder } from '../builders/order.builder.js';
import { eventually, type Waybill } from '../harness.js';
import { LiveClient } from '../fakes/live-client.js';
import { Observer } from './observer.js';

/** Placing an order, wherever the modules run. */
export function placingAnOrder(running: () => Waybill): void {
  let waybill: Waybill;
  let see: Observer;

  beforeAll(() => {
    waybill = running();
    see = new Observer(waybill);
  });

  it('confirms, takes the money once, takes the stock, writes to the customer and tells their browser', async () => {
    const before = await see.stock('MUG-001');
    const live = new LiveClient(waybill.url, await waybill.api.token('alice'));
    await eventually(() => expect(live.types).toContain('ready'));
    const {
      status,
      body: order,
      headers,
    } = await see.place(anOrder().withLine('MUG-001', 2).withNote('ring twice').build());

    expect(status).toBe(201);
    expect(order).toMatchObject({ status: 'confirmed', version: 2, note: 'ring twice', failure: null });
    expect(order.number).toMatch(/^WB-\d{4}-\d{6,}$/);
    expect(order.total.amount).toBe(2 * (order.items[0]?.unitPrice.amount ?? 0));
    expect(order.payment?.status).toBe('captured');
    expect(headers.get('etag')).toBe('"2"');
    expect(headers.get('location')).toBe(`/api/v1/orders/${order.id}`);
    expect(await see.order(order.id)).toEqual(order);

    const history = await see.history(order.id);
    expect(history.map(({ from, to, by }) => ({ from, to, by }))).toEqual([
      { from: null, to: 'pending', by: order.userId },
      { from: 'pending', to: 'confirmed', by: 'system' },
    ]);
    expect(history[0]?.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(history[1]?.traceId).toBe(history[0]?.traceId);

    await eventually(async () => {
      const after = await see.stock('MUG-001');
      expect(after).toMatchObject({ onHand: before.onHand - 2, reserved: before.reserved });
    });
    const movements = await see.movementsOf('MUG-001', order.id);
    expect(movements.map(({ kind }) => kind).toSorted()).toEqual(['committed', 'reserved']);
    expect(movements.reduce((sum, each) => sum + each.onHandDelta, 0)).toBe(-2);

    expect(await see.payments(order.id)).toMatchObject([{ id: order.payment?.id, status: 'captured' }]);
    expect(await waybill.gateway.ledgerOf(order.id)).toMatchObject([
      { kind: 'capture', amount: order.total.amount },
    ]);

    const mails = await eventually(async () => {
      const found = await see.mails(order.id);
      expect(found).toHaveLength(1);
      return found;
    });
    expect(mails[0]).toMatchObject({ template: 'order-confirmed', status: 'sent' });
    expect(`${mails[0]?.subject} ${mails[0]?.body}`).toContain(order.number);

    await eventually(() => expect(live.of(order.id)).toContain('orders.confirmed'));
    const pushed = live.heard.find(({ type }) => type === 'orders.confirmed');
    expect(pushed?.data).toMatchObject({ orderId: order.id, status: 'confirmed', total: order.total });
    live.close();
  });

  it('merges lines of one product', async () => {
    const { status, body } = await see.place(
      anOrder().withLine('MUG-001', 1).withLine('TEE-001').withLine('MUG-001', 2).build(),
    );
    expect(status).toBe(201);
    expect(body.items.map(({ sku, quantity }) => [sku, quantity])).toEqual([
      ['MUG-001', 3],
      ['TEE-001', 1],
    ]);
  });

  it.each(['tok_visa', 'tok_mastercard', 'tok_slow'])('confirms with %s', async (token) => {
    const { status, body } = await see.place(anOrder().paidWith(token).build());
    expect(status).toBe(201);
    expect(await waybill.gateway.keptOf(body.id)).toBe(body.total.amount);
  });

  it.each([
    ['tok_declined', 'PAYMENT.DECLINED'],
    ['tok_insufficient_funds', 'PAYMENT.DECLINED'],
    ['tok_nonsense', 'PAYMENT.INVALID_TOKEN'],
  ])('refuses %s and frees the stock again', async (token, code) => {
    const before = await see.stock('TEE-001');
    const { status, body } = await see.place(anOrder().withLine('TEE-001', 3).paidWith(token).build(), {
      user: 'bob',
    });
    expect([status, body.code]).toEqual([402, code]);

    const order = await see.latestOrderOf('bob');
    expect(order).toMatchObject({ status: 'failed', version: 2, failure: { code }, payment: null });
    expect(await see.stock('TEE-001')).toEqual(before);
    const movements = await see.movementsOf('TEE-001', order.id);
    expect(movements.map(({ kind }) => kind).toSorted()).toEqual(['released', 'reserved']);
    expect(await waybill.gateway.keptOf(order.id)).toBe(0);
    expect((await see.payments(order.id)).map((payment) => payment.status)).toEqual(['declined']);
    await eventually(async () => {
      expect((await see.mails(order.id)).map((mail) => mail.template)).toEqual(['order-failed']);
    });
  });

  it('refuses what is sold out, and has touched neither stock nor money', async () => {
    const { status, body } = await see.place(anOrder().withLine('TEE-001').withLine('POSTER-SOLD').build(), {
      user: 'bob',
    });
    expect([status, body.code]).toEqual([409, 'INVENTORY.OUT_OF_STOCK']);
    expect(body.detail).toContain('POSTER-SOLD');

    const order = await see.latestOrderOf('bob');
    expect(order).toMatchObject({ status: 'failed', failure: { code: 'INVENTORY.OUT_OF_STOCK' } });
    expect(await see.movementsOf('TEE-001', order.id)).toEqual([]);
    expect(await see.payments(order.id)).toEqual([]);
    expect(await waybill.gateway.ledgerOf(order.id)).toEqual([]);
  });

  it('refuses an unknown product and writes nothing', async () => {
    const before = await see.latestOrderOf('bob');
    const { status, body } = await see.place(anOrder().withLine('NO-SUCH-THING').build(), { user: 'bob' });
    expect([status, body.code]).toEqual([404, 'ORDER.UNKNOWN_SKU']);
    expect((await see.latestOrderOf('bob')).id).toBe(before.id);
  });

  it('refuses what costs something else than the buyer was told, and places what does not', async () => {
    const before = await see.latestOrderOf('bob');
    const price = (amount: number, currency = 'EUR') => ({
      ...anOrder().withLine('CAP-001', 2).build(),
      expectedTotal: { amount, currency },
    });
    for (const body of [price(4399), price(4401), price(4400, 'USD')]) {
      const refused = await see.place(body, { user: 'bob' });
      expect([refused.status, refused.body.code]).toEqual([409, 'ORDER.PRICE_CHANGED']);
    }
    expect((await see.latestOrderOf('bob')).id).toBe(before.id);
    expect((await see.place(price(4400), { user: 'bob' })).status).toBe(201);
  });

  it('refuses a product that is not for sale', async () => {
    const token = await waybill.api.token('staff');
    const created = await waybill.api.post(
      '/products',
      {
        sku: 'RETIRED-1',
        name: 'Retired',
        description: '',
        price: { amount: 100, currency: 'EUR' },
        active: false,
      },
      { token },
    );
    expect(created.status).toBe(201);
    const { status, body } = await see.place(anOrder().withLine('RETIRED-1').build());
    expect([status, body.code]).toEqual([409, 'ORDER.PRODUCT_INACTIVE']);
  });

  it('answers 503 when the gateway fails without charging, and leaves nothing held', async () => {
    const before = await see.stock('MUG-001');
    const { status, body, headers } = await see.place(anOrder().paidWith('tok_gateway_error').build(), {
      user: 'bob',
    });
    expect([status, body.code]).toEqual([503, 'PAYMENT.GATEWAY_UNAVAILABLE']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    const order = await see.latestOrderOf('bob');
    expect(order.status).toBe('failed');
    expect(await waybill.gateway.keptOf(order.id)).toBe(0);
    expect(await see.stock('MUG-001')).toEqual(before);
  });

  it('finds out by key what became of a charge that was never answered', async () => {
    const { status, body } = await see.place(anOrder().paidWith('tok_gateway_timeout').build());
    expect([201, 202]).toContain(status);
    expect((await see.settled(body.id)).status).toBe('confirmed');
    expect((await waybill.gateway.ledgerOf(body.id)).map(({ kind }) => kind)).toEqual(['capture']);
  });
}
