import { DomainError } from '../../common/errors/domain-error.js';
import { measureRequests } from '../../common/http/request-metrics.hook.js';
import { counter, gauge, histogram } from '../../common/telemetry/instruments.js';

/** Seconds. An order that meets an unknown outcome may take minutes. */
const BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

export const ordersCreated = counter({
  name: 'orders_created_total',
  help: 'Orders written down as pending',
  startsAtZero: { module: 'orders' },
});
export const ordersByStatus = gauge({
  name: 'orders_by_status',
  help: 'Orders there are, by their state; every replica tells the same',
  labels: ['status'],
});
export const processingDuration = histogram({
  name: 'order_processing_duration_seconds',
  help: 'From when an order was placed to when it was confirmed',
  buckets: BUCKETS,
  exemplars: true,
});
const requests = counter({
  name: 'order_requests_total',
  help: 'Valid requests to place an order by what came of them, counted for each of their products',
  labels: ['status', 'product'],
});
const requestDuration = histogram({
  name: 'order_request_duration_seconds',
  help: 'How long requests to place an order took',
  exemplars: true,
});
export const revenue = counter({
  name: 'order_revenue_total',
  help: 'Totals of confirmed orders, in minor units (cents); cancelled ones are not taken back',
  labels: ['currency'],
});
export const productRevenue = counter({
  name: 'order_product_revenue_total',
  help: 'Totals of the lines of confirmed orders, in minor units (cents)',
  labels: ['currency', 'product'],
});

measureRequests('orders', ({ method, endpoint, seconds }) => {
  if (method === 'POST' && endpoint === '/api/v1/orders') requestDuration.observe({}, seconds);
});

/** Of a request that was answered before, under its Idempotency-Key. */
export const REPEATED = 'repeated';

/** Counts a request to place an order, once for each product in it. */
export function countRequest(products: readonly string[], status: string): void {
  for (const product of products) requests.inc({ status, product });
}

const REASONS: Readonly<Record<string, string>> = {
  'INVENTORY.OUT_OF_STOCK': 'out_of_stock',
  'PAYMENT.DECLINED': 'declined',
};

/** Why an order was not placed, in few words. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof DomainError)) return 'failed';
  return REASONS[error.code] ?? (error.status === 503 ? 'unavailable' : 'rejected');
}
