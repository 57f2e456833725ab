/** Does it stay as it is? The load of an ordinary day for hours: leaks, full disks and tables that grow show here. */
import type { Options } from 'k6/options';
import { OBJECTIVES } from './objectives.ts';
import { number, text } from './settings.ts';

const rate = number('RATE', 20);

export const options: Options = {
  scenarios: {
    soak: {
      executor: 'constant-arrival-rate',
      rate,
      timeUnit: '1s',
      duration: text('DURATION', '4h'),
      preAllocatedVUs: rate,
      maxVUs: rate * 10,
    },
  },
  thresholds: { ...OBJECTIVES, orders_placed: ['count>0'] },
};

export { openShop as setup, visit as default } from './journey.ts';
