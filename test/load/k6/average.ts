/** An ordinary day: the objectives hold at the load that is expected. */
import type { Options } from 'k6/options';
import { OBJECTIVES } from './objectives.ts';
import { number, text } from './settings.ts';

const rate = number('RATE', 20);

export const options: Options = {
  scenarios: {
    average: {
      executor: 'ramping-arrival-rate',
      startRate: 1,
      timeUnit: '1s',
      stages: [
        { target: rate, duration: text('RAMP', '1m') },
        { target: rate, duration: text('DURATION', '5m') },
        { target: 0, duration: text('RAMP', '1m') },
      ],
      preAllocatedVUs: rate,
      maxVUs: rate * 10,
    },
  },
  thresholds: { ...OBJECTIVES, orders_placed: ['count>0'] },
};

export { openShop as setup, visit as default } from './journey.ts';
