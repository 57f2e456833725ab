import fc from 'fast-check';
import { MAX_AMOUNT } from '../../../common/money.js';
import {
  type Change,
  confirm,
  edit,
  fail,
  mergeLines,
  moveTo,
  type Order,
  type OrderLine,
  placeOrder,
  priceLines,
  requireVersion,
  toChange,
} from './order.js';

const AT = '2026-11-20T10:00:00.000Z';
const LATER = '2026-11-20T10:00:01.000Z';
const by = (actor: Change['actor'], reason: string | null = null): Change => ({
  actor,
  by: actor === 'system' ? 'system' : 'user-1',
  at: LATER,
  reason,
  traceId: 'trace-1',
});

function aPlacedOrder(): Order {
  const eur = (amount: number) => ({ amount, currency: 'EUR' });
  const products = new Map([
    ['MUG-001', { sku: 'MUG-001', name: 'Mug', price: eur(1290) }],
    ['TEE-001', { sku: 'TEE-001', name: 'Tee', price: eur(2500) }],
  ]);
  const items = priceLines(
    [
      { sku: 'MUG-001', quantity: 2 },
      { sku: 'TEE-001', quantity: 1 },
    ],
    products,
  );
  const shippingAddress = { name: 'A', line1: 'B', line2: null, city: 'C', postalCode: '1', country: 'DE' };
  const draft = {
    id: 'order-1',
    number: 'WB-2026-000001',
    userId: 'user-1',
    items,
    shippingAddress,
    note: null,
  };
  return placeOrder(draft, { ...by('owner'), at: AT }).order;
}

describe('lines', () => {
  const dear = { sku: 'DEAR-1', name: 'Dear', price: { amount: MAX_AMOUNT / 2, currency: 'EUR' } };
  const priced = (...quantities: number[]) =>
    priceLines(
      quantities.map((quantity) => ({ sku: 'DEAR-1', quantity })),
      new Map([['DEAR-1', dear]]),
    );

  it('may come to the largest amount, together and alone', () => {
    expect(priced(2)[0]?.total.amount).toBe(MAX_AMOUNT);
    expect(priced(1, 1)).toHaveLength(2);
  });

  it.each([[[3]], [[1, 1, 1]], [[10_000]], [[2, 10_000]]])(
    'are refused as too large with quantities of %j',
    (quantities) => {
      expect(() => priced(...quantities)).toThrow(expect.objectContaining({ code: 'ORDER.TOO_LARGE' }));
    },
  );

  it('have no price without their product', () => {
    expect(() => priceLines([{ sku: 'MUG-001', quantity: 1 }], new Map())).toThrow('no price for MUG-001');
  });
});

describe('an order', () => {
  it('is pending at version 1, and costs what its lines cost', () => {
    const order = aPlacedOrder();
    expect(order).toMatchObject({ status: 'pending', version: 1, total: { amount: 5080, currency: 'EUR' } });
    expect(order.items.map(({ total }) => total.amount)).toEqual([2580, 2500]);
  });

  it('goes up by one version with each change, and each change has one entry', () => {
    const placed = aPlacedOrder();
    const confirmed = confirm(placed, { id: 'payment-1', status: 'captured' }, by('system'));
    const edited = edit(confirmed.order, { note: 'ring twice' }, by('owner', 'edited'));
    const processing = moveTo(edited.order, 'processing', by('staff'));
    expect([confirmed, edited, processing].map(({ order, entry }) => [order.version, entry.version])).toEqual(
      [
        [2, 2],
        [3, 3],
        [4, 4],
      ],
    );
    expect(edited.entry).toMatchObject({ from: 'confirmed', to: 'confirmed', reason: 'edited' });
    expect(processing.entry).toEqual({
      version: 4,
      from: 'confirmed',
      to: 'processing',
      at: LATER,
      by: 'user-1',
      reason: null,
      traceId: 'trace-1',
    });
  });

  it('is not changed in place', () => {
    const placed = aPlacedOrder();
    confirm(placed, { id: 'payment-1', status: 'captured' }, by('system'));
    expect(placed).toEqual(aPlacedOrder());
  });

  it('keeps why it failed, and cannot be confirmed any more', () => {
    const { order } = fail(aPlacedOrder(), { code: 'PAYMENT.DECLINED', detail: 'no' }, by('system'));
    expect(order).toMatchObject({ status: 'failed', failure: { code: 'PAYMENT.DECLINED', detail: 'no' } });
    expect(() => confirm(order, { id: 'payment-1', status: 'captured' }, by('system'))).toThrow(
      'cannot become confirmed',
    );
  });

  it('refuses a change that was meant for another version', () => {
    const order = aPlacedOrder();
    expect(() => requireVersion(order, 2)).toThrow('The order is at version 1, not 2');
    expect(() => requireVersion(order, 1)).not.toThrow();
    expect(() => requireVersion(order, null)).not.toThrow();
  });

  it('tells others nothing of address and note', () => {
    const told = JSON.stringify(toChange({ ...aPlacedOrder(), note: 'secret note' }, null));
    expect(told).not.toContain('secret note');
    expect(told).not.toContain('postalCode');
  });

  it('merges lines of one product without losing any', () => {
    const lines = fc.array(
      fc.record({ sku: fc.constantFrom('A', 'B', 'C'), quantity: fc.integer({ min: 1, max: 99 }) }),
    );
    fc.assert(
      fc.property(lines, (given) => {
        const merged = mergeLines(given);
        expect(new Set(merged.map(({ sku }) => sku)).size).toBe(merged.length);
        for (const sku of ['A', 'B', 'C']) {
          const count = (list: OrderLine[]) =>
            list.filter((each) => each.sku === sku).reduce((total, each) => total + each.quantity, 0);
          expect(count(merged)).toBe(count(given));
        }
      }),
    );
  });
});
