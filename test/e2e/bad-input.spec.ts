import { anOrder } from '../builders/order.builder.js';
import { eventually, startWaybill, type Waybill } from '../harness.js';
import { askFor } from './access-requests.js';
import { ACCESS } from './access-table.js';
import { BAD_ORDERS } from './bad-orders.js';
import { accepted, problemIn, type RawAnswer, refusal } from './http.js';
import { freshKey, Stage } from './stage.js';
import { unharmed } from './unharmed.js';

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
      await accepted(stage.ask('staff', 'POST', '/products', { body: { name: 'X', ...product } }));
  });
  afterAll(() => waybill?.stop());

  describe('in an order', () => {
    it.each(BAD_ORDERS)('%s is refused, and nothing happens', async (_, body, expected) => {
      const answer = await unharmed(stage, () =>
        stage.ask('owner', 'POST', '/orders', { body, key: freshKey() }),
      );
      expect(refusal(answer)).toBe(expected);
    });

    it('says which fields are wrong, up to twenty of them', async () => {
      const items = Array.from({ length: 50 }, () => ({ sku: '', quantity: 0 }));
      const { errors, detail } = problemIn(
        await stage.ask('owner', 'POST', '/orders', { body: { ...anOrder().build(), items } }),
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
        stage.ask('owner', 'POST', '/orders', { body: { ...anOrder().build(), items } }),
      );
      expect(placed.items).toMatchObject([
        { sku: 'MUG-001', quantity: 3 },
        { sku: 'TEE-001', quantity: 1 },
      ]);
    });

    it('a hundred lines are not too many', async () => {
      const items = Array.from({ length: 100 }, () => ({ sku: 'MUG-002', quantity: 1 }));
      const placed = await accepted<{ items: object[] }>(
        stage.ask('owner', 'POST', '/orders', { body: { ...anOrder().build(), items } }),
      );
      expect(placed.items).toMatchObject([{ sku: 'MUG-002', quantity: 100 }]);
    });

    it('a card token that nobody knows costs nothing and holds no stock', async () => {
      const stock = async () => (await stage.ask('staff', 'GET', '/inventory/MUG-001')).text;
      await stage.quiet();
      const before = await stock();
      const body = anOrder().paidWith('tok_no_such_token').build();
      expect(refusal(await stage.ask('owner', 'POST', '/orders', { body }))).toBe(
        '402 PAYMENT.INVALID_TOKEN',
      );
      await eventually(async () => expect(await stock()).toBe(before));
      const [newest] = (
        await accepted<{ data: { id: string; status: string }[] }>(
          stage.ask('owner', 'GET', '/orders?limit=1'),
        )
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
        asks.push(() => stage.ask(who, row.method, path, options));
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
        await stage.ask('owner', 'POST', '/orders', { body: anOrder().paidWith('tok_declined').build() });
        const { data } = await accepted<{ data: { id: string }[] }>(
          stage.ask('owner', 'GET', '/orders?status=failed&limit=1'),
        );
        return data[0]?.id ?? '';
      }
      const { id } = await stage.order();
      const way = state === 'cancelled' ? [state] : STATES.slice(2, STATES.indexOf(state) + 1);
      for (const status of way)
        await accepted(stage.ask('staff', 'PUT', `/orders/${id}`, { body: { status } }));
      return id;
    }

    it.each(['confirmed', 'processing', 'shipped', 'delivered', 'failed', 'cancelled'] as const)(
      'a transition that is not allowed from %s changes nothing, also when something else is asked beside it',
      async (state) => {
        const id = await orderThatIs(state);
        await unharmed(stage, async () => {
          for (const status of STATES.filter((to) => !ALLOWED[state]?.includes(to))) {
            for (const beside of [{}, { note: 'half done' }, { note: 'half done', reason: 'because' }]) {
              const answer = await stage.ask('staff', 'PUT', `/orders/${id}`, {
                body: { status, ...beside },
              });
              expect(`${status} ${refusal(answer)}`).toBe(`${status} 409 ORDER.ILLEGAL_TRANSITION`);
            }
          }
          if (!ALLOWED[state]?.includes('cancelled'))
            expect(refusal(await stage.ask('owner', 'DELETE', `/orders/${id}`))).toBe(
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
        stage.ask('staff', 'PUT', `/orders/${id}`, { headers, body }),
      );
      expect(moved).toMatchObject({ status: 'cancelled', note: 'called off', version: 3 });
    });

    it('a stale If-Match changes nothing, and one that is no version neither', async () => {
      const { id } = await stage.order();
      await accepted(stage.ask('owner', 'PUT', `/orders/${id}`, { body: { note: 'newer' } }));
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
          const put = await stage.ask('owner', 'PUT', `/orders/${id}`, { headers, body: { note: 'stale' } });
          const move = await stage.ask('staff', 'PUT', `/orders/${id}`, {
            headers,
            body: { status: 'cancelled', note: 'stale' },
          });
          const cancel = await stage.ask('owner', 'DELETE', `/orders/${id}`, { headers });
          expect([put, move, cancel].map(refusal)).toEqual([expected, expected, expected]);
        }
      });
      expect(
        (await stage.ask('owner', 'DELETE', `/orders/${id}`, { headers: { 'if-match': '"3"' } })).status,
      ).toBe(200);
    });

    it('a change of nothing, or of what its owner may no longer change, is refused', async () => {
      const id = await orderThatIs('shipped');
      await unharmed(stage, async () => {
        const put = async (body: object) =>
          refusal(await stage.ask('owner', 'PUT', `/orders/${id}`, { body }));
        expect(await put({})).toBe('400 REQUEST.INVALID');
        expect(await put({ reason: 'no change' })).toBe('400 REQUEST.INVALID');
        expect(await put({ note: 'too late' })).toBe('409 ORDER.NOT_EDITABLE');
        expect(await put({ status: 'cancelled' })).toBe('403 AUTH.FORBIDDEN');
        expect(await put({ version: 9 })).toBe('400 REQUEST.INVALID');
        expect(await put({ total: { amount: 0, currency: 'EUR' } })).toBe('400 REQUEST.INVALID');
      });
    });
  });
});
