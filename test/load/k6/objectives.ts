import { Counter, Rate, Trend } from 'k6/metrics';
import type { Threshold } from 'k6/options';

/**
 * Requests that failed: any 5xx, no answer in time, the wrong answer. A refusal (503 or 429 with Retry-After, given at
 * once) is counted apart in `refused`, as whoever is told to come back has lost nothing.
 */
export const failed = new Rate('failed');
export const refused = new Rate('refused');
/** Answers that no load excuses: another order than was placed, another amount, stock below 0. */
export const wrong = new Counter('wrong');
/** Milliseconds of orders that were confirmed. */
export const orderDuration = new Trend('order_duration', true);
export const ordersPlaced = new Counter('orders_placed');

type Thresholds = Record<string, (string | Threshold)[]>;

/**
 * The objectives of the alerts (deploy/compose/observability/prometheus/rules/recording.yml): 99.9 % of requests do not
 * fail, 95 % take no longer than 0.5 s. A refusal spends the same budget as a failure.
 */
export const OBJECTIVES: Thresholds = {
  failed: ['rate<=0.001'],
  refused: ['rate<=0.001'],
  http_req_duration: ['p(95)<=500'],
  order_duration: ['p(95)<=500'],
  wrong: ['count==0'],
  // Else the load was less than was said, and nothing is shown.
  dropped_iterations: ['count==0'],
};

/** Beyond what it can do: refusing is right, failing is not, and what is let in is done in the time that is promised. */
export const UNDER_OVERLOAD: Thresholds = {
  failed: ['rate<=0.001'],
  // ADMISSION_LATENCY_MS.
  order_duration: ['p(95)<=3000'],
  wrong: ['count==0'],
};
