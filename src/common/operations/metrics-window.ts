import { type MetricObjectWithValues, type MetricValue, type Registry, register } from 'prom-client';
import { type Gauge, MAX_SERIES, type Series } from './operations.schemas.js';

/** Which metrics people watch, and which of their labels tell series apart for them (`service` always does). */
export interface WatchedMetrics {
  counters: Readonly<Record<string, readonly string[]>>;
  histograms: Readonly<Record<string, readonly string[]>>;
  gauges: readonly string[];
}

const WINDOW_MS = 60_000;
const RECENT_MS = 5000;
/** Not read for longer, the window begins anew: or else it would be as much longer than it says. */
const GAP_MS = 10_000;

interface Total {
  metric: string;
  labels: Record<string, string>;
  count: number;
  buckets?: number[];
}

interface Sample {
  at: number;
  totals: Map<string, Total>;
}

type Value = MetricValue<string> & { metricName?: string };

/**
 * What the process has counted in the last minute, from samples of its own metrics. Takes and keeps nothing unless it
 * is asked to: the first minute after that is shorter.
 */
export class MetricsWindow {
  private samples: Sample[] = [];
  private readonly bounds: Record<string, number[]> = {};

  constructor(
    private readonly watched: WatchedMetrics,
    private readonly registry: Registry = register,
    private readonly now: () => number = () => performance.now(),
  ) {}

  forget(): void {
    this.samples = [];
  }

  async read() {
    const latest = await this.sample();
    if (latest.at - (this.samples.at(-1)?.at ?? latest.at) > GAP_MS) this.forget();
    this.samples.push(latest);
    // The last one outside stays: it is where the window begins.
    const inside = this.samples.findIndex(({ at }) => at >= latest.at - WINDOW_MS);
    this.samples.splice(0, Math.max(0, inside - 1));
    const oldest = this.samples[0] ?? latest;
    const recent = this.samples.findLast(({ at }) => at <= latest.at - RECENT_MS) ?? oldest;
    const series = [...latest.totals].flatMap(([key, total]) => {
      const one = since(oldest, key, total);
      return one.count > 0 ? [{ ...one, recent: since(recent, key, total).count }] : [];
    });
    series.sort((one, other) => other.count - one.count);
    return {
      seconds: secondsBetween(oldest, latest),
      recentSeconds: secondsBetween(recent, latest),
      bounds: this.bounds,
      series: series.slice(0, MAX_SERIES) satisfies Series[],
      gauges: (await this.gauges()).slice(0, MAX_SERIES),
    };
  }

  private async sample(): Promise<Sample> {
    const totals = new Map<string, Total>();
    const add = (metric: string, { labels }: Value, by: readonly string[]): Total => {
      const kept = pick(labels, by);
      const key = `${metric}\0${Object.values(kept).join('\0')}`;
      const total = totals.get(key) ?? { metric, labels: kept, count: 0 };
      totals.set(key, total);
      return total;
    };
    for (const [metric, by] of Object.entries(this.watched.counters))
      for (const value of await this.valuesOf(metric)) add(metric, value, by).count += value.value;
    for (const [metric, by] of Object.entries(this.watched.histograms)) {
      for (const value of await this.valuesOf(metric)) {
        if (value.metricName === `${metric}_count`) add(metric, value, by).count += value.value;
        if (value.metricName !== `${metric}_bucket` || value.labels['le'] === '+Inf') continue;
        const total = add(metric, value, by);
        const place = this.placeOf(metric, Number(value.labels['le']));
        total.buckets ??= [];
        total.buckets[place] = (total.buckets[place] ?? 0) + value.value;
      }
    }
    return { at: this.now(), totals };
  }

  private async gauges(): Promise<Gauge[]> {
    const all = await Promise.all(
      this.watched.gauges.map(async (metric) =>
        (await this.valuesOf(metric)).map(({ labels, value }) => ({
          metric,
          labels: pick(labels, Object.keys(labels)),
          value,
        })),
      ),
    );
    return all.flat();
  }

  /** Absent where no module of this process has it. */
  private async valuesOf(name: string): Promise<Value[]> {
    const metric = this.registry.getSingleMetric(name) as
      | { get(): Promise<MetricObjectWithValues<Value>> }
      | undefined;
    return metric ? (await metric.get()).values : [];
  }

  private placeOf(metric: string, bound: number): number {
    const bounds = (this.bounds[metric] ??= []);
    const place = bounds.indexOf(bound);
    return place >= 0 ? place : bounds.push(bound) - 1;
  }
}

function since({ totals }: Sample, key: string, { buckets, ...total }: Total): Omit<Series, 'recent'> {
  const before = totals.get(key);
  return {
    ...total,
    count: total.count - (before?.count ?? 0),
    ...(buckets ? { buckets: buckets.map((count, i) => count - (before?.buckets?.[i] ?? 0)) } : {}),
  };
}

function pick(labels: Value['labels'], names: readonly string[]): Record<string, string> {
  return Object.fromEntries(['service', ...names].map((name) => [name, String(labels[name] ?? '')]));
}

function secondsBetween(one: Sample, other: Sample): number {
  return Math.round((other.at - one.at) / 100) / 10;
}
