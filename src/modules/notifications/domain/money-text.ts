import type { Money } from '../../../common/money.js';

const digits = new Map<string, number>();

/** How many digits the minor unit has: 2 for EUR, 0 for JPY. Unknown currencies have 2. */
function minorDigits(currency: string): number {
  const known = digits.get(currency);
  if (known !== undefined) return known;
  const { maximumFractionDigits } = new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
  }).resolvedOptions();
  digits.set(currency, maximumFractionDigits ?? 2);
  return maximumFractionDigits ?? 2;
}

/** `49.90 EUR`. Works on digits, not on fractions, so nothing is rounded. */
export function moneyText({ amount, currency }: Money): string {
  const places = minorDigits(currency);
  if (places === 0) return `${amount} ${currency}`;
  const padded = String(amount).padStart(places + 1, '0');
  return `${padded.slice(0, -places)}.${padded.slice(-places)} ${currency}`;
}
