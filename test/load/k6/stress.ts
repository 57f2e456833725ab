/** Where does it end, and how? Orders past what it can do: the rest is refused at once, and nothing fails. */
import type { Options } from 'k6/options';
import { openShop, type Shop } from './journey.ts';
import { UNDER_OVERLOAD } from './objectives.ts';
import { tokenOf } from './people.ts';
import { number, text } from './settings.ts';
import { oneOf, place } from './shop.ts';

const peak = number('PEAK', 1000);
const step = text('STEP', '1m');

export const options: Options = {
  scenarios: {
    stress: {
      executor: 'ramping-arrival-rate',
      startRate: 1,
      timeUnit: '1s',
      stages: [
        ...[0.25, 0.5, 0.75, 1, 1].map((share) => ({ target: Math.ceil(peak * share), duration: step })),
        // Whether it comes back when they go.
        { target: Math.ceil(peak / 10), duration: step },
      ],
      preAllocatedVUs: Math.ceil(peak / 2),
      maxVUs: peak * 3,
    },
  },
  thresholds: { ...UNDER_OVERLOAD, orders_placed: ['count>0'] },
};

export const setup = openShop;

export default function ({ people, products }: Shop): void {
  const token = tokenOf(people);
  if (token) place(oneOf(products), token);
}
