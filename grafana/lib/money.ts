/**
 * Amounts are counted in minor units. Divided by a hundred they are what people read, for every currency here; a
 * series is named after its currency, and has its sign.
 */
export const MINOR = 100;

export const CURRENCIES = {
  EUR: 'currencyEUR',
  USD: 'currencyUSD',
  GBP: 'currencyGBP',
  CHF: 'currencyCHF',
};
