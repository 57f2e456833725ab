import { z } from 'zod';

/** The largest amount accepted anywhere, in minor units: sums of a hundred lines stay exact in a double. */
export const MAX_AMOUNT = 1_000_000_000_000;

/** ISO 4217 alphabetic code. */
export const CurrencySchema = z
  .string()
  .regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code such as EUR')
  .meta({ example: 'EUR' });

/** Money is an integer in minor units with its currency: 49.90 EUR is `{ amount: 4990, currency: 'EUR' }`. */
export const MoneySchema = z
  .strictObject({ amount: z.int().min(0).max(MAX_AMOUNT), currency: CurrencySchema })
  .meta({ id: 'Money', example: { amount: 4990, currency: 'EUR' } });

export type Money = z.infer<typeof MoneySchema>;

export function money(amount: number, currency: string): Money {
  if (!Number.isSafeInteger(amount))
    throw new RangeError(`an amount is a whole number of minor units, not ${amount}`);
  return { amount, currency };
}

export function times(price: Money, quantity: number): Money {
  return money(price.amount * quantity, price.currency);
}

/** The sum of amounts in one currency. Throws a RangeError on a mix of currencies or an empty list. */
export function sum(amounts: readonly Money[]): Money {
  const [first] = amounts;
  if (!first) throw new RangeError('an empty list of amounts has no currency');
  if (amounts.some((each) => each.currency !== first.currency))
    throw new RangeError('amounts of several currencies');
  return money(
    amounts.reduce((total, each) => total + each.amount, 0),
    first.currency,
  );
}
