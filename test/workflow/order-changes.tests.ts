import { anOrder } from '../builders/order.builder.js';
import { eventually, type Waybill } from '../harness.js';
import { Observer, type OrderView, type Problem } from './observer.js';

/** Orders after they are placed, wherever the modules run. */
export function ordersAfterTheyArePlaced(running: () => Waybill): void {
  let waybill: Waybill;
  let see: Observer;
  let alice: string;
  let staff: string;

  beforeAll(async () => {
    waybill = running();
    see = new Observer(waybill);
    alice = await waybill.api.token('alice');
    staff = await waybill.api.token('staff');
  });

  const put = (id: string, body: unknown, token: string, ifMatch?: string) =>
    waybill.api.put<OrderView & Problem>(`/orders/${id}`, body, {
      token,
      ...(ifMatch ? { headers: { 'if-match': ifMatch } } : {}),
    });
  const cancel = (id: string, token: string) =>
    waybill.api.delete<OrderView & Problem>(`/orders/${id}`, { token });

  async function confirmed(): Promise<OrderView> {
    const { status, body } = await see.place(anOrder().withLine('TEE-001', 2).build());
    expect(status).toBe(201);
    return body;
  }

  it('walks from confirmed to delivered, one step at a time, and the customer hears of it', async () => {
    const { id } = await confirmed();
    for (const status of ['processing', 'shipped', 'delivered']) {
      expect((await put(id, { status }, staff)).body.status).toBe(status);
    }
    const steps = (await see.history(id)).map(({ to }) => to);
    expect(steps).toEqual(['pending', 'confirmed', 'processing', 'shipped', 'delivered']);
    await eventually(async () => {
      const templates = (await see.mails(id)).map(({ template }) => template).toSorted();
      expect(templates).toEqual(['order-confirmed', 'order-delivered', 'order-shipped']);
    });
  });

  it.each(['pending', 'shipped', 'delivered', 'failed', 'confirmed'])(
    'refuses to make a confirmed order %s',
    async (status) => {
      const { id } = await confirmed();
      const answer = await put(id, { status }, staff);
      expect([answer.status, answer.body.code]).toEqual([409, 'ORDER.ILLEGAL_TRANSITION']);
      expect((await see.order(id)).version).toBe(2);
    },
  );

  it('refuses a change that was meant for an older version', async () => {
    const { id } = await confirmed();
    expect((await put(id, { note: 'first' }, alice, '"2"')).status).toBe(200);
    const stale = await put(id, { note: 'second' }, alice, '"2"');
    expect([stale.status, stale.body.code]).toEqual([412, 'ORDER.VERSION_MISMATCH']);
    expect((await see.order(id)).note).toBe('first');
    expect((await put(id, { note: 'third' }, alice, 'nonsense')).status).toBe(400);
  });

  it('lets only one of many changes of one version through', async () => {
    const { id } = await confirmed();
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => put(id, { note: `n${n}` }, alice, '"2"')),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 412)).toHaveLength(9);
  });

  it('tells its history in pages', async () => {
    const { id } = await confirmed();
    for (const note of ['one', 'two']) await put(id, { note }, alice);
    const page = async (query: string) => {
      const path = `/orders/${id}/history?limit=3${query}`;
      const { body } = await waybill.api.get<{
        data: { to: string; reason: string | null }[];
        nextCursor: string | null;
      }>(path, { token: alice });
      return body;
    };
    const first = await page('');
    const second = await page(`&cursor=${first.nextCursor}`);
    expect([...first.data, ...second.data].map(({ to, reason }) => [to, reason])).toEqual([
      ['pending', null],
      ['confirmed', null],
      ['confirmed', 'edited'],
      ['confirmed', 'edited'],
    ]);
    expect(second.nextCursor).toBeNull();
  });

  it('lets the owner change address and note, but not the status, and nothing once it is processed', async () => {
    const { id } = await confirmed();
    const forbidden = await put(id, { status: 'processing' }, alice);
    expect([forbidden.status, forbidden.body.code]).toEqual([403, 'AUTH.FORBIDDEN']);
    expect((await put(id, { status: 'processing' }, staff)).status).toBe(200);
    const late = await put(id, { note: 'too late' }, alice);
    expect([late.status, late.body.code]).toEqual([409, 'ORDER.NOT_EDITABLE']);
  });

  it('gives stock and money back when a confirmed order is cancelled', async () => {
    // Until nothing of the orders before is held any more.
    const before = await eventually(async () => {
      const stock = await see.stock('TEE-001');
      expect(stock.reserved).toBe(0);
      return stock;
    });
    const { id, total } = await confirmed();
    await eventually(async () => expect((await see.stock('TEE-001')).onHand).toBe(before.onHand - 2));

    const answer = await cancel(id, alice);
    expect([answer.status, answer.body.status]).toEqual([200, 'cancelled']);
    expect(await see.stock('TEE-001')).toEqual(before);
    expect((await see.movementsOf('TEE-001', id)).map(({ kind }) => kind).toSorted()).toEqual([
      'committed',
      'reserved',
      'restocked',
    ]);
    expect(await waybill.gateway.keptOf(id)).toBe(0);
    expect(await see.payments(id)).toMatchObject([
      { status: 'refunded', refunded: { amount: total.amount } },
    ]);
    await eventually(async () => expect((await see.order(id)).payment?.status).toBe('refunded'));
    await eventually(async () => {
      expect((await see.mails(id)).map(({ template }) => template)).toContain('order-cancelled');
    });

    const again = await cancel(id, alice);
    expect([again.status, again.body.code]).toEqual([409, 'ORDER.ILLEGAL_TRANSITION']);
  });

  it('leads from all that was done for an order to the request that brought it about', async () => {
    const { id, payment } = await confirmed();
    await eventually(async () => {
      expect((await see.mails(id)).map(({ template }) => template)).toContain('order-confirmed');
      expect((await see.movementsOf('TEE-001', id)).map(({ kind }) => kind)).toContain('committed');
    });
    await cancel(id, alice);
    const [placed, , cancelled] = (await see.history(id)).map(({ traceId }) => traceId);
    expect(placed).toMatch(/^[\da-f]{32}$/);
    expect(cancelled).toMatch(/^[\da-f]{32}$/);
    expect(cancelled).not.toBe(placed);

    type Entry = Record<'kind' | 'name' | 'template' | 'traceId', string>;
    const list = async (path: string) =>
      (await waybill.api.get<{ data: Entry[] }>(path, { token: staff })).body.data;
    const tracesOf = async (path: string, by: (entry: Entry) => string) =>
      Object.fromEntries((await list(path)).map((entry) => [by(entry), entry.traceId]));
    expect(await tracesOf(`/inventory/movements?orderId=${id}`, ({ kind }) => kind)).toEqual({
      reserved: placed,
      committed: placed,
      restocked: cancelled,
    });
    expect(await tracesOf(`/payments/${payment?.id}/history`, ({ kind }) => kind)).toEqual({
      charge: placed,
      refund: cancelled,
    });
    await eventually(async () =>
      expect(await tracesOf(`/notifications?orderId=${id}&type=email`, ({ template }) => template)).toEqual({
        'order-confirmed': placed,
        'order-cancelled': cancelled,
        'payment-refunded': cancelled,
      }),
    );
    const told = {
      ...(await tracesOf(`/events/orders?key=${id}`, ({ name }) => name)),
      ...(await tracesOf(`/events/payments?key=${id}`, ({ name }) => name)),
      ...(await tracesOf(`/events/inventory?key=${id}`, ({ name }) => name)),
    };
    expect(told).toEqual({
      'orders.created': placed,
      'orders.confirmed': placed,
      'orders.cancelled': cancelled,
      'payments.captured': placed,
      'payments.refunded': cancelled,
      'inventory.reserved': placed,
      'inventory.committed': placed,
      'inventory.released': cancelled,
    });
  });

  it('does not give back by hand what is sold: that is for cancelling, which pays it back', async () => {
    const { id } = await confirmed();
    await eventually(async () => {
      expect((await see.movementsOf('TEE-001', id)).map(({ kind }) => kind)).toContain('committed');
    });
    const before = await see.stock('TEE-001');
    const answer = await waybill.api.post<Problem>(
      '/inventory/release',
      { orderId: id, reason: 'found on the shelf' },
      { token: staff, key: `release-${id}` },
    );
    expect([answer.status, answer.body.code]).toEqual([409, 'INVENTORY.RESERVATION_COMMITTED']);
    expect(await see.stock('TEE-001')).toEqual(before);
    expect((await cancel(id, alice)).status).toBe(200);
  });

  it('does not cancel what is shipped', async () => {
    const { id } = await confirmed();
    await put(id, { status: 'processing' }, staff);
    await put(id, { status: 'shipped' }, staff);
    expect((await cancel(id, staff)).body.code).toBe('ORDER.ILLEGAL_TRANSITION');
    expect(await waybill.gateway.keptOf(id)).toBeGreaterThan(0);
  });

  it('cancels an order whose payment is under way, and keeps no money', async () => {
    const placing = see.place(anOrder().withLine('MUG-001', 1).paidWith('tok_slow').build());
    const { id } = await eventually(async () => {
      const order = await see.latestOrderOf('alice');
      if (order.status !== 'pending') throw new Error('not placed yet');
      return order;
    });
    expect((await cancel(id, alice)).body.status).toBe('cancelled');
    const answer = await placing;
    expect([answer.status, answer.body.code]).toEqual([409, 'ORDER.CANCELLED']);
    await eventually(async () => {
      expect(await waybill.gateway.keptOf(id)).toBe(0);
      expect((await see.payments(id)).every(({ status }) => ['declined', 'refunded'].includes(status))).toBe(
        true,
      );
    });
    expect((await see.order(id)).status).toBe('cancelled');
  });

  it('survives a confirm and a cancel that race', async () => {
    for (let round = 0; round < 10; round++) {
      const placing = see.place(anOrder().withLine('MUG-001').build(), { user: 'bob' });
      await new Promise((resolve) => setTimeout(resolve, round * 3));
      const bob = await waybill.api.token('bob');
      const order = await see.latestOrderOf('bob').catch(() => null);
      if (order) await cancel(order.id, bob);
      await placing;
    }
    const { body } = await waybill.api.get<{ data: OrderView[] }>('/orders?limit=100', {
      token: await waybill.api.token('bob'),
    });
    for (const { id } of body.data) {
      const order = await see.settled(id);
      await eventually(async () => {
        expect(await waybill.gateway.keptOf(id)).toBe(order.status === 'confirmed' ? order.total.amount : 0);
      });
    }
  });
}
