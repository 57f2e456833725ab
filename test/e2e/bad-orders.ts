import { anOrder, type OrderRequest } from '../builders/order.builder.js';

/** What is wrong with it, the body, and how it is refused. */
export type BadBody = [what: string, body: unknown, refusal: string];

const INVALID = '400 REQUEST.INVALID';
const order = (change: object): object => ({ ...anOrder().build(), ...change });
const line = (change: object): object => order({ items: [{ sku: 'MUG-001', quantity: 1, ...change }] });
const { shippingAddress } = anOrder().build();
const address = (change: object): object => order({ shippingAddress: { ...shippingAddress, ...change } });
const without = (field: keyof OrderRequest): object => ({ ...order({}), [field]: undefined });
const lines = (count: number) => Array.from({ length: count }, () => ({ sku: 'MUG-001', quantity: 1 }));

/** Not JSON that JSON.stringify would write. */
const raw = (quantity: string): string =>
  JSON.stringify(line({ quantity: 77_777 })).replace('77777', quantity);

export const BAD_ORDERS: readonly BadBody[] = [
  ['a quantity of 0', line({ quantity: 0 }), INVALID],
  ['a quantity of -1', line({ quantity: -1 }), INVALID],
  ['a quantity of 1.5', line({ quantity: 1.5 }), INVALID],
  ['a quantity of 2^53', line({ quantity: 2 ** 53 }), INVALID],
  ['a quantity of 10^9', line({ quantity: 1e9 }), INVALID],
  ['a quantity of 1e400', raw('1e400'), INVALID],
  ['a quantity of 10^400, written out', raw(`1${'0'.repeat(400)}`), INVALID],
  ['a quantity of NaN', raw('NaN'), '400 REQUEST.MALFORMED_JSON'],
  ['a quantity that is text', line({ quantity: '2' }), INVALID],
  ['a quantity of null', line({ quantity: null }), INVALID],
  ['a quantity of true', line({ quantity: true }), INVALID],
  ['a quantity in a list', line({ quantity: [2] }), INVALID],
  ['no quantity', line({ quantity: undefined }), INVALID],
  ['an unknown SKU', line({ sku: 'NO-SUCH-THING' }), '404 ORDER.UNKNOWN_SKU'],
  [
    'an unknown SKU beside a known one',
    order({ items: [...lines(1), { sku: 'NOPE', quantity: 1 }] }),
    '404 ORDER.UNKNOWN_SKU',
  ],
  ['an inactive product', line({ sku: 'INACTIVE-1' }), '409 ORDER.PRODUCT_INACTIVE'],
  [
    'products in two currencies',
    order({ items: [...lines(1), { sku: 'DOLLAR-1', quantity: 1 }] }),
    '422 ORDER.MIXED_CURRENCIES',
  ],
  ['more than any order may cost', line({ sku: 'DEAR-1', quantity: 2 }), '422 ORDER.TOO_LARGE'],
  ['more than a double counts exactly', line({ sku: 'DEAR-1', quantity: 10_000 }), '422 ORDER.TOO_LARGE'],
  [
    '10,001 of one product in two lines',
    order({ items: [10_000, 1].map((quantity) => ({ sku: 'MUG-001', quantity })) }),
    '422 ORDER.TOO_LARGE',
  ],
  ['a SKU in lower case', line({ sku: 'mug-001' }), INVALID],
  ['a SKU of 65 characters', line({ sku: 'M'.repeat(65) }), INVALID],
  ['an empty SKU', line({ sku: '' }), INVALID],
  ['a SKU that is an object', line({ sku: { $ne: null } }), INVALID],
  ['a SKU that is SQL', line({ sku: "MUG-001' OR '1'='1" }), INVALID],
  ['no lines', order({ items: [] }), INVALID],
  ['101 lines', order({ items: lines(101) }), INVALID],
  ['20,000 times nothing for lines', order({ items: Array<null>(20_000).fill(null) }), INVALID],
  ['an object for lines', order({ items: { 0: { sku: 'MUG-001', quantity: 1 }, length: 1 } }), INVALID],
  ['lines missing', without('items'), INVALID],
  ['payment missing', without('payment'), INVALID],
  ['address missing', without('shippingAddress'), INVALID],
  ['another method of payment', order({ payment: { method: 'cash', token: 'tok_visa' } }), INVALID],
  ['an empty token', order({ payment: { method: 'card', token: '' } }), INVALID],
  ['a token with a line break', order({ payment: { method: 'card', token: 'tok_visa\r\nx: y' } }), INVALID],
  ['a token of 201 characters', order({ payment: { method: 'card', token: 't'.repeat(201) } }), INVALID],
  ['a country in lower case', address({ country: 'de' }), INVALID],
  ['a country of three letters', address({ country: 'DEU' }), INVALID],
  ['a name of blanks', address({ name: '   ' }), INVALID],
  ['a city of 101 characters', address({ city: 'x'.repeat(101) }), INVALID],
  ['a street of two lines', address({ line1: 'a\nb' }), INVALID],
  ['a postal code that is a number', address({ postalCode: 10_115 }), INVALID],
  ['a note of 1001 characters', order({ note: 'x'.repeat(1001) }), INVALID],
  ['a note that is a number', order({ note: 1 }), INVALID],
  ['an unknown field', order({ coupon: 'FREE' }), INVALID],
  ['a price from the customer', line({ unitPrice: { amount: 1, currency: 'EUR' } }), INVALID],
  [
    'an unknown field in the payment',
    order({ payment: { method: 'card', token: 'tok_visa', amount: 1 } }),
    INVALID,
  ],
  ['an unknown field in the address', address({ planet: 'Mars' }), INVALID],
  ['a list for a body', [anOrder().build()], INVALID],
  ['an empty list for a body', [], INVALID],
  ['a text for a body', JSON.stringify('order'), INVALID],
  ['null for a body', 'null', INVALID],
  ['a number for a body', '1', INVALID],
  ['nothing for a body', '', INVALID],
];
