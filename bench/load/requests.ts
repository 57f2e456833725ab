import { randomFrom } from '../../test/chaos/random.js';

/** One HTTP request, ready to be sent: nothing is left to be computed while load runs but the choice of values. */
export interface Shot {
  method: 'GET' | 'POST';
  path: string;
  headers: Record<string, string>;
  body: string | null;
}

/** What is read, and the token of somebody who may. */
export interface Target {
  path: string;
  token: string;
}

/** What load is made of. `hot`: a SKU that is the first line of every order. */
export type Traffic =
  | { kind: 'orders'; tokens: readonly string[]; skus: readonly string[]; hot?: string; seed: number }
  | { kind: 'reads'; targets: readonly Target[]; seed: number };

const ADDRESS = {
  name: 'B. Buyer',
  line1: 'Teststraße 1',
  city: 'Berlin',
  postalCode: '10115',
  country: 'DE',
};

/** The requests of a run, one after the other; the same again for the same seed. */
export function shotsOf(traffic: Traffic): () => Shot {
  const random = randomFrom(traffic.seed);
  const any = <T>(values: readonly T[]): T => values[Math.floor(random.next() * values.length)] as T;
  if (traffic.kind === 'reads')
    return () => {
      const { path, token } = any(traffic.targets);
      return { method: 'GET', path, headers: { authorization: `Bearer ${token}` }, body: null };
    };
  const { tokens, skus, hot } = traffic;
  // The bytes of a body are what a client's JSON library would make; only the two SKUs differ.
  const [head, middle, tail] = JSON.stringify({
    items: [
      { sku: '\0', quantity: 1 },
      { sku: '\0', quantity: 2 },
    ],
    payment: { method: 'card', token: 'tok_visa' },
    shippingAddress: ADDRESS,
  }).split('\\u0000') as [string, string, string];
  return () => ({
    method: 'POST',
    path: '/api/v1/orders',
    headers: { authorization: `Bearer ${any(tokens)}`, 'content-type': 'application/json' },
    body: head + (hot ?? any(skus)) + middle + any(skus) + tail,
  });
}
