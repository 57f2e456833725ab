import type { Gauge, Series, Snapshot } from './snapshot';

/** From one node of the map to another: what was asked for, or told, in the last minute. */
export interface Flow {
  from: string;
  to: string;
  /** The call or the event; several between two nodes. */
  what: string;
  kind: 'request' | 'call' | 'event';
  count: number;
  failed: number;
  /** Seconds; null when nothing was timed. */
  p95: number | null;
}

export const CLIENTS = 'clients';
export const GATEWAY = 'payment-gateway';

/** `order-service` of metrics is `orders` for people. */
const MODULES: Record<string, string> = {
  'order-service': 'orders',
  'inventory-service': 'inventory',
  'payment-service': 'payments',
  'user-service': 'users',
  'notification-service': 'notifications',
  'catalog-service': 'catalog',
};

export function moduleOf(service: string): string {
  return MODULES[service] ?? service;
}

const labelOf = (series: Series | Gauge, name: string) => series.labels[name] ?? '';
const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
const FAILED = new Set(['unavailable', 'unknown', 'failed']);

/** Series of a metric. */
export function of({ series }: Snapshot, metric: string): Series[] {
  return series.filter((each) => each.metric === metric);
}

export function countOf(snapshot: Snapshot, metric: string, labels: Record<string, string> = {}): number {
  return sum(
    of(snapshot, metric)
      .filter((each) => Object.entries(labels).every(([name, value]) => each.labels[name] === value))
      .map(({ count }) => count),
  );
}

/**
 * The time that 95 of 100 took no longer than, as Prometheus's histogram_quantile has it: in between the bounds of a
 * bucket it is taken to grow evenly, and beyond the last bound it is that bound.
 */
export function p95({ bounds }: Snapshot, series: readonly Series[]): number | null {
  const timed = series.filter(({ buckets }) => buckets);
  const total = sum(timed.map(({ count }) => count));
  const limits = bounds[timed[0]?.metric ?? ''];
  if (total === 0 || !limits) return null;
  const upTo = limits.map((_, i) => sum(timed.map(({ buckets }) => buckets?.[i] ?? 0)));
  const rank = 0.95 * total;
  const place = upTo.findIndex((count) => count >= rank);
  if (place < 0) return limits.at(-1) ?? null;
  const [below, before] = [limits[place - 1] ?? 0, upTo[place - 1] ?? 0];
  const inside = (upTo[place] ?? 0) - before;
  return below + ((limits[place] ?? below) - below) * (inside > 0 ? (rank - before) / inside : 1);
}

/** Map.groupBy, for browsers that do not have it yet. */
export function grouped<T>(all: readonly T[], keyOf: (each: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const each of all) groups.set(keyOf(each), [...(groups.get(keyOf(each)) ?? []), each]);
  return [...groups.values()];
}

/** Modules that no process seen hosts. */
export function unseenIn({ processes }: Pick<Snapshot, 'processes'>): string[] {
  const hosted = new Set(processes.flatMap(({ modules }) => modules));
  return Object.values(MODULES).filter((module) => !hosted.has(module));
}

/** All that went on between clients, modules and the gateway. */
export function flowsOf(snapshot: Snapshot): Flow[] {
  const calls = grouped(of(snapshot, 'rpc_client_duration_seconds'), ({ labels }) =>
    [labels['service'], labels['method']].join(),
  ).map((group): Flow => {
    const [first] = group as [Series];
    return {
      from: moduleOf(labelOf(first, 'service')),
      to: moduleOf(labelOf(first, 'target')),
      what: labelOf(first, 'method'),
      kind: 'call',
      count: sum(group.map(({ count }) => count)),
      failed: sum(group.filter((each) => FAILED.has(labelOf(each, 'outcome'))).map(({ count }) => count)),
      p95: p95(snapshot, group),
    };
  });
  const events = grouped(of(snapshot, 'events_consumed_total'), ({ labels }) =>
    [labels['service'], labels['event']].join(),
  ).map((group): Flow => {
    const [first] = group as [Series];
    const [service, event] = [labelOf(first, 'service'), labelOf(first, 'event')];
    const lag = of(snapshot, 'event_lag_seconds').filter(
      (each) => labelOf(each, 'service') === service && labelOf(each, 'event') === event,
    );
    return {
      from: event.split('.', 1)[0] ?? '',
      to: moduleOf(service),
      what: event,
      kind: 'event',
      count: sum(group.map(({ count }) => count)),
      failed: sum(group.filter((each) => labelOf(each, 'outcome') !== 'ok').map(({ count }) => count)),
      p95: p95(snapshot, lag),
    };
  });
  const requests = grouped(of(snapshot, 'http_requests_total'), ({ labels }) => labels['service'] ?? '').map(
    (group): Flow => {
      const service = labelOf(group[0] as Series, 'service');
      const timed = of(snapshot, 'http_request_duration_seconds');
      return {
        from: CLIENTS,
        to: moduleOf(service),
        what: 'HTTP',
        kind: 'request',
        count: sum(group.map(({ count }) => count)),
        failed: sum(group.filter((each) => labelOf(each, 'status') >= '500').map(({ count }) => count)),
        p95: p95(
          snapshot,
          timed.filter((each) => labelOf(each, 'service') === service),
        ),
      };
    },
  );
  const gateway = of(snapshot, 'payment_gateway_latency_seconds');
  const asked = sum(gateway.map(({ count }) => count));
  const unsettled = ['unknown', 'unavailable'].map((status) =>
    countOf(snapshot, 'payments_processed_total', { status }),
  );
  const charges: Flow[] =
    asked === 0
      ? []
      : [
          {
            from: 'payments',
            to: GATEWAY,
            what: 'HTTP',
            kind: 'request',
            count: asked,
            failed: Math.min(asked, unsettled[0] ?? 0),
            p95: p95(snapshot, gateway),
          },
        ];
  return [...requests, ...calls, ...charges, ...events];
}

/** A gauge that every replica tells alike, or the worst that one of them tells. */
export function gaugeOf(
  { processes }: Snapshot,
  metric: string,
  labels: Record<string, string>,
): number | null {
  const values = processes
    .filter(({ gone }) => !gone)
    .flatMap(({ gauges }) => gauges)
    .filter((each) => each.metric === metric)
    .filter((each) => Object.entries(labels).every(([name, value]) => each.labels[name] === value))
    .map(({ value }) => value);
  return values.length === 0 ? null : Math.max(...values);
}

export interface Breaker {
  module: string;
  target: string;
  /** 0 closed, 1 half-open, 2 open; the worst of the replicas. */
  state: number;
}

export function breakersOf({ processes }: Snapshot): Breaker[] {
  const all = processes
    .filter(({ gone }) => !gone)
    .flatMap(({ gauges }) => gauges)
    .filter(({ metric }) => metric === 'circuit_breaker_state');
  const worst = new Map<string, Breaker>();
  for (const gauge of all) {
    const [module, target] = [moduleOf(labelOf(gauge, 'service')), moduleOf(labelOf(gauge, 'target'))];
    const key = `${module} ${target}`;
    const state = Math.max(gauge.value, worst.get(key)?.state ?? 0);
    worst.set(key, { module, target, state });
  }
  return [...worst.values()].sort((one, other) =>
    `${one.module} ${one.target}` < `${other.module} ${other.target}` ? -1 : 1,
  );
}

export interface Depth {
  module: string;
  outbox: number | null;
  oldestSeconds: number | null;
  /** Null where the module takes in nothing, or nobody could tell. */
  waiting: number | null;
  dead: number | null;
}

export function depthsOf(snapshot: Snapshot): Depth[] {
  const hosted = new Set(snapshot.processes.flatMap(({ modules }) => modules));
  return Object.entries(MODULES)
    .filter(([, module]) => hosted.has(module))
    .map(([service, module]) => {
      const waiting = snapshot.processes
        .map(({ extras }) => extras.waiting?.[module])
        .filter((count) => count !== undefined);
      return {
        module,
        outbox: gaugeOf(snapshot, 'outbox_pending', { service }),
        oldestSeconds: gaugeOf(snapshot, 'outbox_oldest_seconds', { service }),
        waiting: waiting.length === 0 ? null : Math.max(...waiting),
        dead: gaugeOf(snapshot, 'events_dead_letters', { service }),
      };
    });
}

export interface Stage {
  name: 'created' | 'reserved' | 'paid' | 'confirmed';
  count: number;
}

/** How far the orders of the last minute came. Steps may have been repeated, and orders placed before that minute. */
export function funnelOf(snapshot: Snapshot): Stage[] {
  const step = (name: string) =>
    countOf(snapshot, 'saga_step_duration_seconds', { step: name, outcome: 'ok' });
  const created = countOf(snapshot, 'orders_created_total');
  const reserved = Math.min(created, step('reserve stock'));
  const paid = Math.min(reserved, step('take payment'));
  const confirmed = Math.min(paid, countOf(snapshot, 'order_processing_duration_seconds'));
  return [
    { name: 'created', count: created },
    { name: 'reserved', count: reserved },
    { name: 'paid', count: paid },
    { name: 'confirmed', count: confirmed },
  ];
}

export function ordersPerSecond(snapshot: Snapshot): number {
  const recent = sum(of(snapshot, 'orders_created_total').map((each) => each.recent));
  return snapshot.recentSeconds > 0 ? recent / snapshot.recentSeconds : 0;
}
