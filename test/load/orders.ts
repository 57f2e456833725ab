import type { Buyer } from '../chaos/driver.js';
import type { Sighting } from '../chaos/evidence.js';
import type { HttpClient, Reply } from '../chaos/http-client.js';

/** An order of one thing, paid with a card that works. */
export function orderOf(sku: string, quantity = 1) {
  return {
    items: [{ sku, quantity }],
    payment: { method: 'card', token: 'tok_visa' },
    shippingAddress: {
      name: 'A. Buyer',
      line1: 'Teststraße 1',
      city: 'Berlin',
      postalCode: '10115',
      country: 'DE',
    },
  };
}

export function place(
  client: HttpClient,
  { token }: Buyer,
  key: string,
  body: unknown,
  onSent?: () => void,
): Promise<Reply> {
  return client.send({ method: 'POST', path: '/api/v1/orders', token, key, body }, onSent);
}

/** What the checker is told of an answer. */
export function sightingOf({ id }: Buyer, key: string, { status, body }: Reply): Sighting {
  const placed = status === 201 || status === 202;
  return {
    kind: 'placed',
    user: id,
    key,
    status,
    orderId: placed ? String(body['id']) : null,
    code: placed ? null : String(body['code']),
  };
}

/** How often each answer came: `{ '201': 100, '409 INVENTORY.OUT_OF_STOCK': 900 }`. */
export function tally(replies: readonly Reply[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, body } of replies) {
    const name = status >= 400 ? `${status} ${String(body['code'])}` : String(status);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
