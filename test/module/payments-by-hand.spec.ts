import { newId } from '../../src/common/ids.js';
import { OrdersApi } from '../../src/modules/orders/orders.contract.js';
import { PaymentsApi } from '../../src/modules/payments/payments.contract.js';
import { aUser } from '../builders/a-user.js';
import { anOrder } from '../builders/order.builder.js';
import { eventually, startWaybill, type WaybillInside } from '../harness.js';

interface PaymentBody {
  id: string;
  orderId: string;
  amount: { amount: number; currency: string };
  refunded: { amount: number; currency: string };
  method: string;
  status: string;
  gatewayReference: string | null;
  reason: string | null;
  createdAt: string;
  updatedAt: string;
  code?: string;
}
interface PageBody {
  data: PaymentBody[];
  nextCursor: string | null;
}

const EUR = (amount: number) => ({ amount, currency: 'EUR' });

describe('payments by hand', () => {
  let waybill: WaybillInside;
  let staff: string;
  let alice: string;
  /** Of alice, confirmed and paid. */
  let orderId: string;

  const placeOrder = async (token: string) => {
    const { status, body } = await waybill.api.post<{ id: string }>('/orders', anOrder().build(), { token });
    if (status !== 201) throw new Error(`placing an order answered ${status} ${JSON.stringify(body)}`);
    return body.id;
  };
  const charge = (body: Record<string, unknown> = {}, key: string = newId(), token = staff) =>
    waybill.api.post<PaymentBody>(
      '/payments',
      { orderId, amount: EUR(1000), method: 'card', token: 'tok_visa', ...body },
      { token, key },
    );
  const refund = (id: string, body: Record<string, unknown> = {}, key: string = newId(), token = staff) =>
    waybill.api.post<PaymentBody>(`/payments/${id}/refund`, body, { token, key });
  const get = async (id: string) =>
    (await waybill.api.get<PaymentBody>(`/payments/${id}`, { token: staff })).body;
  const captured = async (amount = 1000) => {
    const { status, body } = await charge({ amount: EUR(amount) });
    expect(status).toBe(201);
    return body.id;
  };
  /** What the gateway keeps of one payment made by hand. */
  const keptOf = (paymentId: string) => waybill.gateway.keptUnder(`manual:${paymentId}`);
  const hurry = (table: 'payments' | 'refunds') => waybill.sql(`UPDATE payments.${table} SET due_at = now()`);

  beforeAll(async () => {
    waybill = await startWaybill();
    staff = await waybill.api.token('staff');
    alice = await waybill.api.token('alice');
    orderId = await placeOrder(alice);
  });
  afterEach(async () => {
    await waybill.gateway.up();
    await waybill.gateway.heal();
  });
  afterAll(() => waybill?.stop());

  describe('POST /payments', () => {
    it('charges an order once more', async () => {
      const { status, body } = await charge();
      expect(status).toBe(201);
      expect(body).toEqual({
        id: expect.any(String),
        orderId,
        amount: EUR(1000),
        refunded: EUR(0),
        method: 'card',
        status: 'captured',
        gatewayReference: expect.stringMatching(/^ch_/),
        reason: null,
        createdAt: expect.any(String),
        updatedAt: expect.any(String),
      });
      expect(await get(body.id)).toEqual(body);
      expect(await keptOf(body.id)).toBe(1000);
    });

    it.each([
      ['tok_declined', 'PAYMENT.DECLINED'],
      ['tok_insufficient_funds', 'PAYMENT.DECLINED'],
      ['tok_unheard_of', 'PAYMENT.INVALID_TOKEN'],
    ])('answers 402 for %s, and the same again under the same key', async (token, code) => {
      const key = newId();
      const first = await charge({ token }, key);
      expect([first.status, first.body.code]).toEqual([402, code]);
      const { body: again } = await charge({ token }, key);
      expect({ ...again, traceId: null }).toEqual({ ...first.body, traceId: null });
    });

    it('gives the first answer again under the same key, even when the payment has changed since', async () => {
      const key = newId();
      const { body: first } = await charge({}, key);
      await refund(first.id);
      expect(await charge({}, key)).toMatchObject({ status: 201, body: first });
      expect(await keptOf(first.id)).toBe(0);
    });

    it('refuses the same key with another body', async () => {
      const key = newId();
      await charge({}, key);
      const { status, body } = await charge({ amount: EUR(2000) }, key);
      expect([status, body.code]).toEqual([422, 'IDEMPOTENCY.KEY_REUSED']);
    });

    it('asks to wait while the first request with the key is running, and charges once', async () => {
      const key = newId();
      const first = charge({ token: 'tok_slow' }, key);
      await eventually(async () => {
        const taken = await waybill.sql('SELECT 1 FROM payments.idempotency_keys WHERE key = $1', [key]);
        expect(taken).not.toEqual([]);
      });
      const second = await charge({ token: 'tok_slow' }, key);
      expect([second.status, second.body.code]).toEqual([409, 'IDEMPOTENCY.IN_FLIGHT']);
      expect(second.headers.get('retry-after')).toBe('1');
      const { status, body } = await first;
      expect(status).toBe(201);
      expect((await charge({ token: 'tok_slow' }, key)).body).toEqual(body);
    });

    it('needs a key', async () => {
      const { status, body } = await waybill.api.post<PaymentBody>('/payments', {}, { token: staff });
      expect([status, body.code]).toEqual([400, 'IDEMPOTENCY.KEY_REQUIRED']);
    });

    it.each([
      ['an amount of nothing', { amount: EUR(0) }],
      ['a negative amount', { amount: EUR(-1) }],
      ['half a cent', { amount: EUR(0.5) }],
      ['another currency than the order', { amount: { amount: 1000, currency: 'USD' } }],
      ['no currency', { amount: 1000 }],
      ['a token with spaces', { token: 'tok visa' }],
      ['an unknown method', { method: 'cheque' }],
      ['an unknown field', { cvc: '123' }],
      ['an order id that is none', { orderId: 'one' }],
    ])('refuses %s', async (_what, wrong) => {
      const { status, body } = await charge(wrong);
      expect([status, body.code]).toEqual([400, 'REQUEST.INVALID']);
    });

    it('does not charge an order that is not there', async () => {
      const { status, body } = await charge({ orderId: newId() });
      expect([status, body.code]).toEqual([404, 'PAYMENT.ORDER_NOT_FOUND']);
    });

    it('does not charge an order that was cancelled, and cancelling gives back what was charged by hand', async () => {
      const order = await placeOrder(alice);
      const { body: extra } = await charge({ orderId: order });
      const { status } = await waybill.api.delete(`/orders/${order}`, { token: staff });
      expect(status).toBe(200);
      await eventually(async () => expect((await get(extra.id)).status).toBe('refunded'));
      expect(await keptOf(extra.id)).toBe(0);
      expect(await waybill.gateway.keptOf(order)).toBe(0);
      const late = await charge({ orderId: order });
      expect([late.status, late.body.code]).toEqual([409, 'PAYMENT.CANCELLED']);
    });

    it('keeps nothing for an order that is cancelled while it is being charged', async () => {
      const order = await placeOrder(alice);
      const { body: page } = await waybill.api.get<PageBody>(`/payments/order/${order}`, { token: staff });
      // Paid back in full, the order's own payment does not stand in the way of another one.
      expect((await refund(page.data[0]?.id ?? '')).status).toBe(201);
      // Notifications ask orders too, for this refund.
      await eventually(async () => {
        const told = await waybill.api.get<PageBody>(`/notifications?orderId=${order}`, { token: staff });
        expect(told.body.data).toContainEqual(expect.objectContaining({ template: 'payment-refunded' }));
      });
      const orders = waybill.app.get<OrdersApi>(OrdersApi);
      const summaries = orders.summaries.bind(orders);
      const asked = jest.spyOn(orders, 'summaries').mockImplementationOnce(async (input) => {
        const answer = await summaries(input);
        await waybill.api.delete(`/orders/${order}`, { token: staff });
        return answer;
      });
      const { status, body } = await charge({ orderId: order });
      asked.mockRestore();
      expect([status, body.code]).toEqual([409, 'PAYMENT.CANCELLED']);
      expect(await waybill.gateway.keptOf(order)).toBe(0);
    });

    it('frees the key when the gateway is unavailable, and the old charge can never come through', async () => {
      const key = newId();
      await waybill.gateway.fault({ kind: 'error', rate: 1 });
      const first = await charge({}, key);
      expect([first.status, first.body.code]).toEqual([503, 'PAYMENT.GATEWAY_UNAVAILABLE']);
      expect(Number(first.headers.get('retry-after'))).toBeGreaterThan(0);
      await waybill.gateway.heal();
      const second = await eventually(async () => {
        const answer = await charge({}, key);
        expect(answer.status).toBe(201);
        return answer;
      });
      const { data } = (
        await waybill.api.get<PageBody>(`/payments?orderId=${orderId}&limit=2`, { token: staff })
      ).body;
      expect(data.map(({ status }) => status)).toEqual(['captured', 'declined']);
      expect(await keptOf(second.body.id)).toBe(1000);
      const kinds = (await waybill.gateway.entriesUnder(`manual:${data[1]?.id}`)).map(({ kind }) => kind);
      expect(kinds).toEqual(['void']);
    });

    it('answers 202 when nobody can say, settles by itself and then gives the answer under the key', async () => {
      const key = newId();
      await waybill.gateway.fault({ kind: 'timeout' });
      await waybill.gateway.fault({ kind: 'error', on: 'lookup' });
      const first = await charge({}, key);
      expect([first.status, first.body.status]).toEqual([202, 'unknown']);
      expect((await charge({}, key)).body.code).toBe('IDEMPOTENCY.IN_FLIGHT');
      await waybill.gateway.heal();
      const settled = await eventually(async () => {
        await hurry('payments');
        const answer = await charge({}, key);
        expect(answer.status).toBe(201);
        return answer;
      });
      expect(settled.body).toMatchObject({ id: first.body.id, status: 'captured' });
      expect(await keptOf(first.body.id)).toBe(1000);
    });

    it('gives up what a crash left behind before it reached the gateway', async () => {
      const id = newId();
      await waybill.sql(
        `INSERT INTO payments.payments (id, order_id, user_id, kind, amount, currency, method, status, due_at)
         VALUES ($1, $2, $3, 'manual', 1000, 'EUR', 'card', 'pending', now())`,
        [id, orderId, newId()],
      );
      await eventually(async () => {
        expect(await get(id)).toMatchObject({ status: 'declined', reason: 'gateway_unavailable' });
      });
      expect((await waybill.gateway.entriesUnder(`manual:${id}`)).map(({ kind }) => kind)).toEqual(['void']);
    });
  });

  describe('POST /payments/:id/refund', () => {
    it('pays back all that is left when no amount is given', async () => {
      const id = await captured(1000);
      await refund(id, { amount: EUR(300), reason: 'arrived late' });
      const { status, body } = await refund(id);
      expect(status).toBe(201);
      expect(body).toMatchObject({ id, status: 'refunded', amount: EUR(1000), refunded: EUR(1000) });
      expect(await keptOf(id)).toBe(0);
    });

    it('pays back a part, with an event that tells how much by now', async () => {
      const id = await captured(1000);
      expect((await refund(id, { amount: EUR(300) })).body).toMatchObject({
        status: 'partially_refunded',
        refunded: EUR(300),
      });
      expect((await refund(id, { amount: EUR(200) })).body).toMatchObject({
        status: 'partially_refunded',
        refunded: EUR(500),
      });
      expect(await keptOf(id)).toBe(500);
      const events = await waybill.sql<{ payload: object }>(
        `SELECT payload FROM payments.outbox WHERE name = 'payments.refunded' AND payload->>'paymentId' = $1 ORDER BY seq`,
        [id],
      );
      expect(events.map(({ payload }) => payload)).toMatchObject([
        { amount: EUR(300), refunded: EUR(300), captured: EUR(1000), reason: null },
        { amount: EUR(200), refunded: EUR(500), captured: EUR(1000) },
      ]);
    });

    it('is refused when it is over what is left', async () => {
      const id = await captured(1000);
      await refund(id, { amount: EUR(300) });
      const { status, body } = await refund(id, { amount: EUR(701) });
      expect([status, body.code]).toEqual([422, 'PAYMENT.REFUND_EXCEEDS']);
      expect(await keptOf(id)).toBe(700);
    });

    it('never pays back more than was taken, however many ask at once', async () => {
      const id = await captured(1000);
      const answers = await Promise.all(Array.from({ length: 12 }, () => refund(id, { amount: EUR(300) })));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
      expect(answers.filter(({ status }) => status === 422)).toHaveLength(9);
      expect(await keptOf(id)).toBe(100);
      expect(await get(id)).toMatchObject({ refunded: EUR(900) });
    });

    it('gives the first answer again under the same key, and pays once', async () => {
      const id = await captured(1000);
      const key = newId();
      const first = await refund(id, { amount: EUR(300) }, key);
      await refund(id, { amount: EUR(100) });
      const again = await refund(id, { amount: EUR(300) }, key);
      expect([again.status, again.body]).toEqual([201, first.body]);
      expect(await keptOf(id)).toBe(600);
      const other = await refund(id, { amount: EUR(200) }, key);
      expect([other.status, other.body.code]).toEqual([422, 'IDEMPOTENCY.KEY_REUSED']);
    });

    it('is refused where nothing was captured, or nothing is left', async () => {
      const { body: declined } = await waybill.api.get<PageBody>('/payments?status=declined&limit=1', {
        token: staff,
      });
      const none = await refund(declined.data[0]?.id ?? '');
      expect([none.status, none.body.code]).toEqual([409, 'PAYMENT.NOT_REFUNDABLE']);
      const id = await captured();
      await refund(id);
      const twice = await refund(id);
      expect([twice.status, twice.body.code]).toEqual([409, 'PAYMENT.NOT_REFUNDABLE']);
    });

    it.each([
      ['nothing', { amount: EUR(0) }],
      ['another currency', { amount: { amount: 100, currency: 'USD' } }],
      ['a reason of two lines', { reason: 'one\ntwo' }],
      ['an unknown field', { all: true }],
    ])('of %s is refused', async (_what, body) => {
      const id = await captured();
      const answer = await refund(id, body);
      expect([answer.status, answer.body.code]).toEqual([400, 'REQUEST.INVALID']);
    });

    it('needs a key and a payment', async () => {
      const id = await captured();
      const keyless = await waybill.api.post<PaymentBody>(`/payments/${id}/refund`, {}, { token: staff });
      expect([keyless.status, keyless.body.code]).toEqual([400, 'IDEMPOTENCY.KEY_REQUIRED']);
      const nothing = await refund(newId());
      expect([nothing.status, nothing.body.code]).toEqual([404, 'PAYMENT.NOT_FOUND']);
    });

    it('answers 202 when the gateway does not confirm it, and is seen to later', async () => {
      const id = await captured(1000);
      const key = newId();
      await waybill.gateway.fault({ kind: 'error', on: 'refund' });
      const first = await refund(id, { amount: EUR(400) }, key);
      expect([first.status, first.body.status, first.body.refunded]).toEqual([202, 'captured', EUR(0)]);
      expect((await refund(id, { amount: EUR(601) })).body.code).toBe('PAYMENT.REFUND_EXCEEDS');
      await waybill.gateway.heal();
      const done = await eventually(async () => {
        await hurry('refunds');
        const answer = await refund(id, { amount: EUR(400) }, key);
        expect(answer.status).toBe(201);
        return answer;
      });
      expect(done.body).toMatchObject({ status: 'partially_refunded', refunded: EUR(400) });
      expect(await keptOf(id)).toBe(600);
    });

    it('tells when the gateway refuses it, and leaves the money to another try', async () => {
      const id = await captured(1000);
      await waybill.gateway.fault({ kind: 'decline', on: 'refund' });
      const { status, body } = await refund(id);
      expect([status, body.code]).toEqual([409, 'PAYMENT.REFUND_DECLINED']);
      await waybill.gateway.heal();
      expect((await refund(id)).status).toBe(201);
    });

    it('refused while the order is being cancelled is part of what goes back in the end', async () => {
      const order = await placeOrder(alice);
      const { data } = (await waybill.api.get<PageBody>(`/payments/order/${order}`, { token: staff })).body;
      const [payment] = data;
      await waybill.gateway.fault({ kind: 'error', on: 'refund' });
      expect((await refund(payment?.id ?? '', { amount: EUR(10) })).status).toBe(202);
      const payments = waybill.app.get<PaymentsApi>(PaymentsApi, { strict: false });
      await expect(payments.cancel({ orderId: order, reason: 'gone' })).rejects.toThrow(/confirmed/);
      await waybill.gateway.heal();
      await waybill.gateway.fault({ kind: 'decline', on: 'refund' });
      await eventually(async () => {
        await hurry('refunds');
        const failed = await waybill.sql(
          'SELECT id FROM payments.refunds WHERE payment_id = $1 AND state = $2',
          [payment?.id, 'failed'],
        );
        expect(failed).toHaveLength(1);
      });
      await waybill.gateway.heal();
      await eventually(async () => {
        await hurry('refunds');
        expect(await waybill.gateway.keptOf(order)).toBe(0);
        expect((await get(payment?.id ?? '')).status).toBe('refunded');
      });
    });
  });

  describe('who sees what', () => {
    it('is for staff to charge and refund', async () => {
      const id = await captured();
      expect((await charge({}, newId(), alice)).status).toBe(403);
      expect((await refund(id, {}, newId(), alice)).status).toBe(403);
      expect((await waybill.api.post('/payments', {})).status).toBe(401);
      expect((await waybill.api.get('/payments')).status).toBe(401);
    });

    it('shows a customer their own payments, and of others not even that they exist', async () => {
      const id = await captured();
      const bob = await waybill.api.token('bob');
      expect(await waybill.api.get(`/payments/${id}`, { token: alice })).toMatchObject({
        status: 200,
        body: { id },
      });
      const others = await waybill.api.get<PaymentBody>(`/payments/${id}`, { token: bob });
      expect([others.status, others.body.code]).toEqual([404, 'PAYMENT.NOT_FOUND']);
      expect((await waybill.api.get(`/payments/order/${orderId}`, { token: alice })).status).toBe(200);
      expect((await waybill.api.get(`/payments/order/${orderId}`, { token: bob })).status).toBe(404);
      const list = await waybill.api.get<PageBody>(`/payments?orderId=${orderId}`, { token: bob });
      expect(list.body.data).toEqual([]);
    });

    it('lists newest first, page by page, without gap or repeat', async () => {
      const customer = await aUser(waybill.api);
      const order = await placeOrder(customer.accessToken);
      for (let n = 0; n < 4; n++) await charge({ orderId: order, amount: EUR(100 + n) });
      const seen: PaymentBody[] = [];
      let cursor = '';
      do {
        const { body } = await waybill.api.get<PageBody>(`/payments?limit=2${cursor}`, {
          token: customer.accessToken,
        });
        seen.push(...body.data);
        cursor = body.nextCursor === null ? '' : `&cursor=${body.nextCursor}`;
      } while (cursor !== '');
      expect(seen).toHaveLength(5);
      expect(new Set(seen.map(({ id }) => id)).size).toBe(5);
      expect(seen.map(({ createdAt }) => createdAt)).toEqual(
        seen
          .map(({ createdAt }) => createdAt)
          .toSorted()
          .toReversed(),
      );
    });

    it('filters by state and by time', async () => {
      const id = await captured();
      await refund(id, { amount: EUR(1) });
      const { createdAt } = await get(id);
      const list = async (query: string) => {
        const { body } = await waybill.api.get<PageBody>(`/payments?${query}`, { token: staff });
        return body.data.map((each) => each.id);
      };
      expect(await list('status=partially_refunded&limit=1')).toEqual([id]);
      expect(await list(`status=declined&createdFrom=${createdAt}`)).not.toContain(id);
      expect(await list(`createdFrom=${createdAt}`)).toContain(id);
      expect(await list(`createdTo=${createdAt}`)).not.toContain(id);
    });

    it.each([
      'status=paid',
      'limit=0',
      'limit=101',
      'cursor=xyz',
      'orderId=1',
      'sort=amount',
      'createdFrom=today',
    ])('refuses ?%s', async (query) => {
      expect((await waybill.api.get(`/payments?${query}`, { token: staff })).status).toBe(400);
    });
  });
});
