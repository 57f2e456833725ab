/** Does it work at all? One visit a second, whose order is cancelled again: may run against production, for ever. */
import type { Options } from 'k6/options';
import { OBJECTIVES } from './objectives.ts';
import { customers, tokenOf } from './people.ts';
import { number, text } from './settings.ts';
import { browse, cancel, lookAt, oneOf, place, productsInStock } from './shop.ts';
import type { Shop } from './journey.ts';

export const options: Options = {
  scenarios: {
    smoke: {
      executor: 'constant-arrival-rate',
      rate: number('RATE', 1),
      timeUnit: '1s',
      duration: text('DURATION', '30s'),
      preAllocatedVUs: 2,
      maxVUs: 10,
    },
  },
  thresholds: { ...OBJECTIVES, orders_placed: ['count>0'] },
};

export function setup(): Shop {
  return { people: customers(), products: productsInStock() };
}

export default function visit({ people, products }: Shop): void {
  const product = oneOf(products);
  browse(product);
  const token = tokenOf(people);
  if (!token) return;
  const order = place(product, token);
  if (!order) return;
  lookAt(order, token);
  cancel(order, token);
}
