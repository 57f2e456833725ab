import { createRequire } from 'node:module';
import { join } from 'node:path';

interface Series {
  metric: string;
  labels: Record<string, string>;
  count: number;
  recent: number;
  buckets?: number[];
}

/** What the page makes of what it is told. It is of another program than this one, so it is loaded by its path. */
const { p95, flowsOf, funnelOf } = createRequire(__filename)(
  join(__dirname, '../../web/src/operations/figures.ts'),
) as {
  p95: (snapshot: object, series: Series[]) => number | null;
  flowsOf: (snapshot: object) => object[];
  funnelOf: (snapshot: object) => { name: string; count: number }[];
};

const bounds = { calls: [0.1, 1], rpc_client_duration_seconds: [0.1, 1], event_lag_seconds: [0.1, 1] };
const series = (
  metric: string,
  labels: Record<string, string>,
  count: number,
  buckets?: number[],
): Series => ({
  metric,
  labels,
  count,
  recent: 0,
  ...(buckets ? { buckets } : {}),
});

describe('the p95 of the operations page', () => {
  it.each([
    ['in the middle of a bucket', 100, [90, 100], 0.1 + 0.9 * 0.5],
    ['in the first bucket', 100, [100, 100], 0.095],
    ['beyond the last bound', 100, [50, 60], 1],
  ])('is found %s', (_, count, buckets, expected) => {
    expect(p95({ bounds }, [series('calls', {}, count, buckets)])).toBeCloseTo(expected);
  });

  it('is that of all series together', () => {
    const both = [series('calls', {}, 90, [90, 90]), series('calls', {}, 10, [0, 10])];
    expect(p95({ bounds }, both)).toBeCloseTo(0.1 + 0.9 * 0.5);
  });

  it('is none where nothing was timed', () => {
    expect(p95({ bounds }, [])).toBeNull();
  });
});

describe('the flows of the operations page', () => {
  it('are by caller and call, with what failed and not what was refused', () => {
    const call = (outcome: string, count: number) =>
      series(
        'rpc_client_duration_seconds',
        { service: 'order-service', target: 'payment-service', method: 'payments.charge', outcome },
        count,
        [count, count],
      );
    const snapshot = { bounds, series: [call('ok', 5), call('refused', 3), call('unknown', 2)] };
    expect(flowsOf(snapshot)).toEqual([
      expect.objectContaining({
        from: 'orders',
        to: 'payments',
        what: 'payments.charge',
        count: 10,
        failed: 2,
      }),
    ]);
  });

  it('are by event from the module that tells it to the one that takes it in', () => {
    const labels = { service: 'notification-service', event: 'orders.confirmed' };
    const snapshot = {
      bounds,
      series: [
        series('events_consumed_total', { ...labels, outcome: 'ok' }, 4),
        series('events_consumed_total', { ...labels, outcome: 'failed' }, 1),
        series('event_lag_seconds', labels, 4, [4, 4]),
      ],
    };
    expect(flowsOf(snapshot)).toEqual([
      expect.objectContaining({ from: 'orders', to: 'notifications', kind: 'event', count: 5, failed: 1 }),
    ]);
  });
});

it('the funnel of the operations page never widens, though steps are repeated', () => {
  const step = (name: string, count: number) =>
    series('saga_step_duration_seconds', { service: 'order-service', step: name, outcome: 'ok' }, count);
  const snapshot = {
    series: [
      series('orders_created_total', { service: 'order-service' }, 10),
      step('reserve stock', 14),
      step('take payment', 6),
      series('order_processing_duration_seconds', { service: 'order-service' }, 5),
    ],
  };
  expect(funnelOf(snapshot).map(({ count }) => count)).toEqual([10, 10, 6, 5]);
});
