import type { components } from './api/schema';

const inCurrency = (currency: string) => new Intl.NumberFormat('en-IE', { style: 'currency', currency });

export function moneyText({ amount, currency }: components['schemas']['Money']): string {
  return inCurrency(currency).format(amount / minorUnits(currency).one);
}

/** Decimal digits of a currency, and how many of its minor units are one of it. */
export function minorUnits(currency: string): { digits: number; one: number } {
  const digits = inCurrency(currency).resolvedOptions().maximumFractionDigits ?? 2;
  return { digits, one: 10 ** digits };
}

const TIME = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });
const TO_THE_SECOND = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

export function timeText(time: string, toTheSecond = false): string {
  return (toTheSecond ? TO_THE_SECOND : TIME).format(new Date(time));
}
