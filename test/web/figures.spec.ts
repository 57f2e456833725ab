import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Series } from '../../src/common/operations/operations.schemas.js';
import { MODULE_NAMES, MODULES } from '../../src/modules.js';

/** What the page makes of what it is told. It is of another program than this one, so it is loaded by its path. */
const load = (file: string) =>
  createRequire(__filename)(join(__dirname, '../../web/src/operations', file)) as unknown;
const { p95, flowsOf, funnelOf, unseenIn } = load('figures.ts') as {
  p95: (snapshot: object, series: Series[]) => number | null;
  flowsOf: (snapshot: object) => object[];
  funnelOf: (snapshot: object) => { name: string; count: number }[];
  unseenIn: (snapshot: object) => string[];
};

type Point = readonly [x: number, y: number];
const map = load('map-layout.ts') as {
  PLACES: Record<string, Point>;
  BOX_WIDTH: number;
  BOX_HEIGHT: number;
  curveOf: (from: string, to: string, isEvent: boolean) => { middle: Point } | null;
  pointOn: (curve: object, t: number) => Point;
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

it('modules that no process seen hosts are unseen', () => {
  const seen = MODULE_NAMES.filter((name) => name !== 'users');
  expect(unseenIn({ processes: [{ modules: seen.slice(0, 2) }, { modules: seen.slice(2) }] })).toEqual([
    'users',
  ]);
});

describe('the map of the operations page', () => {
  const others = (name: string) => MODULE_NAMES.filter((module) => module !== name);
  const CALLS = [
    ...MODULE_NAMES.map((module) => ['clients', module]),
    // Whoever answers clients asks for the keys of their tokens.
    ...others('users').map((module) => [module, 'users']),
    ...['catalog', 'inventory', 'payments'].map((module) => ['orders', module]),
    ...['inventory', 'payments', 'notifications'].map((module) => [module, 'orders']),
    ['payments', 'payment-gateway'],
  ] as [string, string][];
  const EVENTS = MODULE_NAMES.flatMap((to) =>
    MODULES[to].consumes.map(({ name }): [string, string] => [name.split('.', 1)[0] ?? '', to]),
  );
  /** So wide and high the figures of a call are at most. */
  const [TEXT_WIDTH, TEXT_HEIGHT] = [100, 12];

  /** Those among which a point lies, or what has its middle there. */
  const among = ([x, y]: Point, names: readonly string[], width = 0, height = 0) =>
    names.filter((name) => {
      const [atX, atY] = map.PLACES[name] ?? [Number.NaN, Number.NaN];
      return (
        Math.abs(x - atX) < (map.BOX_WIDTH + width) / 2 && Math.abs(y - atY) < (map.BOX_HEIGHT + height) / 2
      );
    });
  const nodes = Object.keys(map.PLACES);

  it.each([
    ...CALLS.map(([from, to]) => ({ from, to, isEvent: false })),
    ...EVENTS.map(([from, to]) => ({ from, to, isEvent: true })),
  ])('has no line from $from to $to (event: $isEvent) behind a third one', ({ from, to, isEvent }) => {
    const curve = map.curveOf(from, to, isEvent) ?? {};
    const third = nodes.filter((node) => node !== from && node !== to);
    const behind = Array.from({ length: 101 }, (_, i) => among(map.pointOn(curve, i / 100), third)).flat();
    expect([...new Set(behind)]).toEqual([]);
  });

  it('has no figures behind a module', () => {
    const hidden = CALLS.filter(([from, to]) => {
      const { middle = [Number.NaN, 0] as Point } = map.curveOf(from, to, false) ?? {};
      return among(middle, nodes, TEXT_WIDTH, TEXT_HEIGHT).length > 0;
    });
    expect(hidden).toEqual([]);
  });
});
