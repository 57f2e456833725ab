import fc from 'fast-check';
import { MAX_AMOUNT, MoneySchema, money, sum, times } from './money.js';

describe('money', () => {
  it.each([0, 1, 4990, MAX_AMOUNT])('may be %i minor units', (amount) => {
    expect(MoneySchema.parse({ amount, currency: 'EUR' })).toEqual({ amount, currency: 'EUR' });
  });

  it.each([
    { amount: -1, currency: 'EUR' },
    { amount: 1.5, currency: 'EUR' },
    { amount: '5', currency: 'EUR' },
    { amount: MAX_AMOUNT + 1, currency: 'EUR' },
    { amount: 2 ** 53, currency: 'EUR' },
    { amount: Number.NaN, currency: 'EUR' },
    { amount: 5, currency: 'eur' },
    { amount: 5, currency: 'EURO' },
    { amount: 5, currency: 'EUR\n' },
    { amount: 5 },
    { amount: 5, currency: 'EUR', cents: 0 },
  ])('may not be %j', (wrong) => {
    expect(MoneySchema.safeParse(wrong).success).toBe(false);
  });

  it('refuses to be anything but a whole number of minor units', () => {
    for (const amount of [0.1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      expect(() => money(amount, 'EUR')).toThrow(RangeError);
    }
    expect(() => times(money(MAX_AMOUNT, 'EUR'), 10_000)).toThrow(RangeError);
  });

  it('adds up exactly, in any order', () => {
    const amounts = fc.array(fc.integer({ min: 0, max: MAX_AMOUNT }), { minLength: 1, maxLength: 100 });
    fc.assert(
      fc.property(amounts, (list) => {
        const total = sum(list.map((amount) => money(amount, 'EUR'))).amount;
        expect(BigInt(total)).toBe(list.reduce((all, amount) => all + BigInt(amount), 0n));
      }),
    );
  });

  it('multiplies exactly', () => {
    expect(times(money(1290, 'EUR'), 3)).toEqual({ amount: 3870, currency: 'EUR' });
  });

  it('adds no euros to dollars, and knows no currency of nothing', () => {
    expect(() => sum([money(1, 'EUR'), money(1, 'USD')])).toThrow('several currencies');
    expect(() => sum([])).toThrow('no currency');
  });
});
