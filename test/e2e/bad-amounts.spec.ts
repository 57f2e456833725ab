import { startWaybill, type Waybill } from '../harness.js';
import { askFor } from './access-requests.js';
import { ACCESS } from './access-table.js';
import { accepted, refusal } from './http.js';
import { freshKey, Stage } from './stage.js';
import { unharmed } from './unharmed.js';

describe('what moves money or stock', () => {
  let waybill: Waybill;
  let stage: Stage;

  beforeAll(async () => {
    waybill = await startWaybill();
    stage = await Stage.set(waybill);
  });
  afterAll(() => waybill?.stop());

  describe('about money', () => {
    it.each([
      ['over what was paid', { amount: { amount: 1291, currency: 'EUR' } }, '422 PAYMENT.REFUND_EXCEEDS'],
      ['of 0', { amount: { amount: 0, currency: 'EUR' } }, '400 REQUEST.INVALID'],
      ['of -1', { amount: { amount: -1, currency: 'EUR' } }, '400 REQUEST.INVALID'],
      ['of 1.5', { amount: { amount: 1.5, currency: 'EUR' } }, '400 REQUEST.INVALID'],
      ['of 2^53', { amount: { amount: 2 ** 53, currency: 'EUR' } }, '400 REQUEST.INVALID'],
      ['in another currency', { amount: { amount: 1, currency: 'USD' } }, '400 REQUEST.INVALID'],
      ['without its currency', { amount: { amount: 1 } }, '400 REQUEST.INVALID'],
      ['to somebody else', { to: 'me' }, '400 REQUEST.INVALID'],
    ])('a refund %s is refused', async (_, body, expected) => {
      const { payment } = await stage.order();
      const path = `/payments/${payment.id}/refund`;
      const answer = await unharmed(stage, () => stage.ask('staff', 'POST', path, { body, key: freshKey() }));
      expect(refusal(answer)).toBe(expected);
    });

    it('a refund over what is left is refused, and then one of nothing left', async () => {
      const { payment, total } = await stage.order();
      const refund = (amount: number) =>
        stage.ask('staff', 'POST', `/payments/${payment.id}/refund`, {
          body: { amount: { amount, currency: 'EUR' } },
          key: freshKey(),
        });
      await accepted(refund(1000));
      expect(refusal(await unharmed(stage, () => refund(total.amount - 999)))).toBe(
        '422 PAYMENT.REFUND_EXCEEDS',
      );
      await accepted(refund(total.amount - 1000));
      expect(refusal(await unharmed(stage, () => refund(1)))).toBe('409 PAYMENT.NOT_REFUNDABLE');
    });

    it.each([
      ['nothing', { amount: { amount: 0, currency: 'EUR' } }, '400 REQUEST.INVALID'],
      ['1.5 cents', { amount: { amount: 1.5, currency: 'EUR' } }, '400 REQUEST.INVALID'],
      ['another currency', { amount: { amount: 1, currency: 'USD' } }, '400 REQUEST.INVALID'],
      [
        'an order that is not there',
        { orderId: '0199c0de-0000-7000-8000-00000000ffff' },
        '404 PAYMENT.ORDER_NOT_FOUND',
      ],
      ['what is no order id', { orderId: '1 OR 1=1' }, '400 REQUEST.INVALID'],
    ])('a charge of %s is refused', async (_, change, expected) => {
      const { id } = await stage.order();
      const body = {
        orderId: id,
        amount: { amount: 100, currency: 'EUR' },
        method: 'card',
        token: 'tok_visa',
        ...change,
      };
      expect(
        refusal(
          await unharmed(stage, () => stage.ask('staff', 'POST', '/payments', { body, key: freshKey() })),
        ),
      ).toBe(expected);
    });
  });

  describe('under an Idempotency-Key', () => {
    const TAKES_KEY = /^POST \/api\/v1\/(?:orders|payments|payments\/\{id\}\/refund|inventory\/\w+)$/;
    const KEYED = ACCESS.filter(({ name }) => TAKES_KEY.test(name)).map((row) => [row.name, row] as const);

    it.each(KEYED)('%s: another body under a key that was used is refused', async (_, row) => {
      const { path, ...options } = await askFor(row, stage, stage.staff);
      const key = freshKey();
      const ask = (body: unknown) => stage.ask('staff', 'POST', path, { body, key });
      await accepted(ask(options.body));
      const another: Record<string, object> = {
        '/api/v1/orders': { note: 'x' },
        '/api/v1/payments': { token: 'x' },
      };
      const other = { ...(options.body as object), ...(another[row.path] ?? { reason: 'x' }) };
      expect(refusal(await unharmed(stage, () => ask(other)))).toBe('422 IDEMPOTENCY.KEY_REUSED');
    });

    it.each(KEYED)('%s: a key that is none is refused', async (name, row) => {
      const { path, body } = await askFor(row, stage, stage.staff);
      await unharmed(stage, async () => {
        for (const bad of ['x'.repeat(201), 'two words', 'kö', 'tab\there']) {
          const headers = { 'idempotency-key': bad };
          expect(refusal(await stage.ask('staff', 'POST', path, { body, headers }))).toBe(
            '400 IDEMPOTENCY.KEY_INVALID',
          );
        }
        if (name === 'POST /api/v1/orders') return;
        expect(refusal(await stage.ask('staff', 'POST', path, { body }))).toBe(
          '400 IDEMPOTENCY.KEY_REQUIRED',
        );
      });
    });
  });

  describe('about stock', () => {
    const kept = ['inventory.idempotency_keys'];
    it.each([
      ['adjust', { delta: 0 }, '400 REQUEST.INVALID'],
      ['adjust', { delta: 1.5 }, '400 REQUEST.INVALID'],
      ['adjust', { delta: 1e9 }, '400 REQUEST.INVALID'],
      ['adjust', { delta: -1_000_000 }, '409 INVENTORY.BELOW_RESERVED'],
      ['adjust', { warehouse: '../main' }, '400 REQUEST.INVALID'],
      ['adjust', { reason: '' }, '400 REQUEST.INVALID'],
      ['reserve', { items: [] }, '400 REQUEST.INVALID'],
      ['reserve', { items: [{ sku: 'MUG-001', quantity: -5 }] }, '400 REQUEST.INVALID'],
      ['reserve', { items: [{ sku: 'NO-SUCH-THING', quantity: 1 }] }, '409 INVENTORY.OUT_OF_STOCK'],
      [
        'reserve',
        {
          items: [
            { sku: 'MUG-001', quantity: 1 },
            { sku: 'POSTER-SOLD', quantity: 1 },
          ],
        },
        '409 INVENTORY.OUT_OF_STOCK',
      ],
      ['reserve', { orderId: 'x' }, '400 REQUEST.INVALID'],
      ['release', { orderId: null }, '400 REQUEST.INVALID'],
    ])('%s with %j is refused, every line of it', async (call, change, expected) => {
      const row = ACCESS.find(({ name }) => name === `POST /api/v1/inventory/${call}`);
      if (!row) throw new Error(`no route for ${call}`);
      const { body, key = '' } = await askFor(row, stage, stage.staff);
      const answer = await unharmed(
        stage,
        () =>
          stage.ask('staff', 'POST', `/inventory/${call}`, { body: { ...(body as object), ...change }, key }),
        kept,
      );
      expect(refusal(answer)).toBe(expected);
    });
  });
});
