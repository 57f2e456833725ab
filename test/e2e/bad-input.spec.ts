import { anOrder } from '../builders/order.builder.js';
import { eventually, startWaybill, type Waybill } from '../harness.js';
import { askFor } from './access-requests.js';
import { ACCESS, type Who } from './access-table.js';
import { BAD_ORDERS } from './bad-orders.js';
import { problemIn, type RawAnswer, type Send, send } from './http.js';
import { freshKey, Stage } from './stage.js';
import { unharmed } from './unharmed.js';

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

const refusal = (answer: RawAnswer) => `${answer.status} ${problemIn(answer).code}`;

describe('bad input', () => {
  let waybill: Waybill;
  let stage: Stage;

  beforeAll(async () => {
    waybill = await startWaybill();
    stage = await Stage.set(waybill);
    const products = [
      { sku: 'INACTIVE-1', active: false, price: { amount: 100, currency: 'EUR' } },
      { sku: 'DOLLAR-1', price: { amount: 100, currency: 'USD' } },
      { sku: 'DEAR-1', price: { amount: 1_000_000_000_000, currency: 'EUR' } },
    ];
    for (const product of products)
      await accepted(by('staff', 'POST', '/products', { body: { name: 'X', ...product } }));
  });
  afterAll(() => waybill?.stop());

  const by = (who: Who, method: Method, path: string, options: Send = {}) =>
    send(waybill.url, method, `/api/v1${path}`, {
      ...options,
      ...(who === 'nobody' ? {} : { token: stage[who].accessToken }),
    });

  async function accepted<T = { id: string }>(answer: Promise<RawAnswer>): Promise<T> {
    const { status, text } = await answer;
    if (status >= 300) throw new Error(`it was refused: ${status} ${text}`);
    return JSON.parse(text || 'null') as T;
  }

  describe('in an order', () => {
    it.each(BAD_ORDERS)('%s is refused, and nothing happens', async (_, body, expected) => {
      const answer = await unharmed(stage, () => by('owner', 'POST', '/orders', { body, key: freshKey() }));
      expect(refusal(answer)).toBe(expected);
    });

    it('says which fields are wrong, up to twenty of them', async () => {
      const items = Array.from({ length: 50 }, () => ({ sku: '', quantity: 0 }));
      const { errors, detail } = problemIn(
        await by('owner', 'POST', '/orders', { body: { ...anOrder().build(), items } }),
      );
      expect(errors).toHaveLength(20);
      expect(errors?.slice(0, 2).map(({ path }) => path)).toEqual(['items.0.sku', 'items.0.quantity']);
      expect(detail).toContain('items.0.sku');
    });

    it('the same SKU twice is one line', async () => {
      const items = [
        { sku: 'MUG-001', quantity: 1 },
        { sku: 'TEE-001', quantity: 1 },
        { sku: 'MUG-001', quantity: 2 },
      ];
      const placed = await accepted<{ items: object[] }>(
        by('owner', 'POST', '/orders', { body: { ...anOrder().build(), items } }),
      );
      expect(placed.items).toMatchObject([
        { sku: 'MUG-001', quantity: 3 },
        { sku: 'TEE-001', quantity: 1 },
      ]);
    });

    it('a hundred lines are not too many', async () => {
      const items = Array.from({ length: 100 }, () => ({ sku: 'MUG-002', quantity: 1 }));
      const placed = await accepted<{ items: object[] }>(
        by('owner', 'POST', '/orders', { body: { ...anOrder().build(), items } }),
      );
      expect(placed.items).toMatchObject([{ sku: 'MUG-002', quantity: 100 }]);
    });

    it('a card token that nobody knows costs nothing and holds no stock', async () => {
      const stock = async () => (await by('staff', 'GET', '/inventory/MUG-001')).text;
      await stage.quiet();
      const before = await stock();
      const body = anOrder().paidWith('tok_no_such_token').build();
      expect(refusal(await by('owner', 'POST', '/orders', { body }))).toBe('402 PAYMENT.INVALID_TOKEN');
      await eventually(async () => expect(await stock()).toBe(before));
      const [newest] = (
        await accepted<{ data: { id: string; status: string }[] }>(by('owner', 'GET', '/orders?limit=1'))
      ).data;
      expect(newest?.status).toBe('failed');
      expect(await waybill.gateway.keptOf(newest?.id ?? '')).toBe(0);
    });
  });

  it('of others’ things and on others’ routes changes nothing', async () => {
    const asks: (() => Promise<RawAnswer>)[] = [];
    for (const row of ACCESS) {
      for (const who of ['nobody', 'owner', 'other', 'staff'] as const) {
        if (row.status[who] < 400) continue;
        const { path, ...options } = await askFor(row, stage, who === 'nobody' ? null : stage[who]);
        asks.push(() => by(who, row.method as Method, path.replace('/api/v1', ''), options));
      }
    }
    const answers = await unharmed(stage, async () => {
      const all: RawAnswer[] = [];
      for (const ask of asks) all.push(await ask());
      return all;
    });
    expect(asks.length).toBeGreaterThan(60);
    for (const answer of answers)
      expect(refusal(answer)).toMatch(/^401 AUTH\.|^403 AUTH\.FORBIDDEN|^404 \w+\.\w*NOT_FOUND/);
  });

  describe('to an order that is there', () => {
    const STATES = [
      'pending',
      'confirmed',
      'processing',
      'shipped',
      'delivered',
      'failed',
      'cancelled',
    ] as const;
    type State = (typeof STATES)[number];
    const ALLOWED: Record<string, State[]> = {
      confirmed: ['processing', 'cancelled'],
      processing: ['shipped', 'cancelled'],
      shipped: ['delivered'],
    };

    async function orderThatIs(state: State): Promise<string> {
      if (state === 'failed') {
        await by('owner', 'POST', '/orders', { body: anOrder().paidWith('tok_declined').build() });
        const { data } = await accepted<{ data: { id: string }[] }>(
          by('owner', 'GET', '/orders?status=failed&limit=1'),
        );
        return data[0]?.id ?? '';
      }
      const { id } = await stage.order();
      const way = state === 'cancelled' ? [state] : STATES.slice(2, STATES.indexOf(state) + 1);
      for (const status of way) await accepted(by('staff', 'PUT', `/orders/${id}`, { body: { status } }));
      return id;
    }

    it.each(['confirmed', 'processing', 'shipped', 'delivered', 'failed', 'cancelled'] as const)(
      'a transition that is not allowed from %s changes nothing, also when something else is asked beside it',
      async (state) => {
        const id = await orderThatIs(state);
        await unharmed(stage, async () => {
          for (const status of STATES.filter((to) => !ALLOWED[state]?.includes(to))) {
            for (const beside of [{}, { note: 'half done' }, { note: 'half done', reason: 'because' }]) {
              const answer = await by('staff', 'PUT', `/orders/${id}`, { body: { status, ...beside } });
              expect(`${status} ${refusal(answer)}`).toBe(`${status} 409 ORDER.ILLEGAL_TRANSITION`);
            }
          }
          if (!ALLOWED[state]?.includes('cancelled'))
            expect(refusal(await by('owner', 'DELETE', `/orders/${id}`))).toBe(
              '409 ORDER.ILLEGAL_TRANSITION',
            );
        });
      },
    );

    it('a transition that is allowed takes what is asked beside it with it, in one step', async () => {
      const { id } = await stage.order();
      const body = { status: 'cancelled', note: 'called off', reason: 'changed my mind' };
      const headers = { 'if-match': '"2"' };
      const moved = await accepted<{ version: number }>(
        by('staff', 'PUT', `/orders/${id}`, { headers, body }),
      );
      expect(moved).toMatchObject({ status: 'cancelled', note: 'called off', version: 3 });
    });

    it('a stale If-Match changes nothing, and one that is no version neither', async () => {
      const { id } = await stage.order();
      await accepted(by('owner', 'PUT', `/orders/${id}`, { body: { note: 'newer' } }));
      await unharmed(stage, async () => {
        for (const [match, expected] of [
          ['"1"', '412 ORDER.VERSION_MISMATCH'],
          ['"99"', '412 ORDER.VERSION_MISMATCH'],
          ['"0"', '400 ORDER.INVALID_IF_MATCH'],
          ['one', '400 ORDER.INVALID_IF_MATCH'],
          ['"1", "2"', '400 ORDER.INVALID_IF_MATCH'],
          ['"99999999999999999999"', '400 ORDER.INVALID_IF_MATCH'],
        ] as const) {
          const headers = { 'if-match': match };
          const put = await by('owner', 'PUT', `/orders/${id}`, { headers, body: { note: 'stale' } });
          const move = await by('staff', 'PUT', `/orders/${id}`, {
            headers,
            body: { status: 'cancelled', note: 'stale' },
          });
          const cancel = await by('owner', 'DELETE', `/orders/${id}`, { headers });
          expect([put, move, cancel].map(refusal)).toEqual([expected, expected, expected]);
        }
      });
      expect((await by('owner', 'DELETE', `/orders/${id}`, { headers: { 'if-match': '"3"' } })).status).toBe(
        200,
      );
    });

    it('a change of nothing, or of what its owner may no longer change, is refused', async () => {
      const id = await orderThatIs('shipped');
      await unharmed(stage, async () => {
        const put = async (body: object) => refusal(await by('owner', 'PUT', `/orders/${id}`, { body }));
        expect(await put({})).toBe('400 REQUEST.INVALID');
        expect(await put({ reason: 'no change' })).toBe('400 REQUEST.INVALID');
        expect(await put({ note: 'too late' })).toBe('409 ORDER.NOT_EDITABLE');
        expect(await put({ status: 'cancelled' })).toBe('403 AUTH.FORBIDDEN');
        expect(await put({ version: 9 })).toBe('400 REQUEST.INVALID');
        expect(await put({ total: { amount: 0, currency: 'EUR' } })).toBe('400 REQUEST.INVALID');
      });
    });
  });

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
      const answer = await unharmed(stage, () => by('staff', 'POST', path, { body, key: freshKey() }));
      expect(refusal(answer)).toBe(expected);
    });

    it('a refund over what is left is refused, and then one of nothing left', async () => {
      const { payment, total } = await stage.order();
      const refund = (amount: number) =>
        by('staff', 'POST', `/payments/${payment.id}/refund`, {
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
        refusal(await unharmed(stage, () => by('staff', 'POST', '/payments', { body, key: freshKey() }))),
      ).toBe(expected);
    });
  });

  describe('under an Idempotency-Key', () => {
    const KEYED = ACCESS.filter(
      ({ name }) =>
        ['POST /api/v1/orders', 'POST /api/v1/payments', 'POST /api/v1/payments/{id}/refund'].includes(
          name,
        ) || /^POST \/api\/v1\/inventory/.test(name),
    ).map((row) => [row.name, row] as const);

    it.each(KEYED)('%s: another body under a key that was used is refused', async (_, row) => {
      const { path, ...options } = await askFor(row, stage, stage.staff);
      const key = freshKey();
      const ask = (body: unknown) =>
        send(waybill.url, 'POST', path, { ...options, body, key, token: stage.staff.accessToken });
      await accepted(ask(options.body));
      const isOrder = 'items' in (options.body as object) && 'payment' in (options.body as object);
      const change = row.path.endsWith('/payments')
        ? { token: 'tok_mastercard' }
        : { [isOrder ? 'note' : 'reason']: 'another' };
      const other = { ...(options.body as object), ...change };
      expect(refusal(await unharmed(stage, () => ask(other)))).toBe('422 IDEMPOTENCY.KEY_REUSED');
    });

    it.each(KEYED)('%s: a key that is none is refused', async (name, row) => {
      const { path, key: _, ...options } = await askFor(row, stage, stage.staff);
      await unharmed(stage, async () => {
        for (const bad of ['x'.repeat(201), 'two words', 'kö', 'tab\there']) {
          const headers = { 'idempotency-key': bad };
          const answer = await send(waybill.url, 'POST', path, {
            ...options,
            headers,
            token: stage.staff.accessToken,
          });
          expect(refusal(answer)).toBe('400 IDEMPOTENCY.KEY_INVALID');
        }
        if (name === 'POST /api/v1/orders') return;
        const answer = await send(waybill.url, 'POST', path, { ...options, token: stage.staff.accessToken });
        expect(refusal(answer)).toBe('400 IDEMPOTENCY.KEY_REQUIRED');
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
        () => by('staff', 'POST', `/inventory/${call}`, { body: { ...(body as object), ...change }, key }),
        kept,
      );
      expect(refusal(answer)).toBe(expected);
    });
  });
});
