import { useEffect, useState } from 'react';
import { client } from '../api/client';
import { Problem } from '../api/problem';
import { newKey } from '../idempotency';

const EVERY_MS = 330;
/** More than these are not under way at once, whatever the system does. */
const MOST = 10;

const SOLD_OUT = 'INVENTORY.OUT_OF_STOCK';

const ADDRESS = {
  name: 'Test order',
  line1: 'Hafenstraße 1',
  line2: null,
  city: 'Hamburg',
  postalCode: '20457',
  country: 'DE',
};

/** Products are ordered in turn, for as long as they last. */
async function skus(): Promise<string[]> {
  const { data } = await client.GET('/api/v1/products', { params: { query: { limit: 24 } } });
  return data?.data.map(({ sku }) => sku) ?? [];
}

async function place(sku: string): Promise<void> {
  await client.POST('/api/v1/orders', {
    params: { header: { 'Idempotency-Key': newKey() } },
    body: {
      items: [{ sku, quantity: 1 }],
      payment: { method: 'card', token: 'tok_visa' },
      shippingAddress: ADDRESS,
    },
  });
}

/** Places orders of whoever looks at the page, for as long as it is switched on and looked at. */
export function useTestOrders() {
  const [running, run] = useState(false);
  const [placed, setPlaced] = useState(0);
  const [refused, setRefused] = useState(0);
  useEffect(() => {
    if (!running) return undefined;
    let known: string[] = [];
    let turn = 0;
    let underWay = 0;
    const timer = window.setInterval(() => {
      const sku = known[turn % known.length];
      if (sku === undefined || underWay >= MOST) return;
      turn += 1;
      underWay += 1;
      void place(sku)
        .then(() => setPlaced((count) => count + 1))
        .catch((error: unknown) => {
          if (Problem.of(error).code !== SOLD_OUT) return setRefused((count) => count + 1);
          // Says nothing of how the system is.
          known = known.filter((each) => each !== sku);
          if (known.length === 0) run(false);
        })
        .finally(() => {
          underWay -= 1;
        });
    }, EVERY_MS);
    void skus()
      .then((found) => {
        known = found;
      })
      .catch(() => run(false));
    return () => window.clearInterval(timer);
  }, [running]);
  return { running, run, placed, refused };
}
