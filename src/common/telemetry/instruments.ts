import { trace, TraceFlags } from '@opentelemetry/api';
import { Counter, Gauge, Histogram, Registry, register } from 'prom-client';
import { serviceOf } from './names.js';
import { currentWork, SYSTEM } from './work-context.js';

// Exemplars exist in this format only. Set before the first metric is made.
register.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);

/** Seconds. 0.5 is the objective of requests, and must be a bound. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

let measuring = true;

/** From now on nothing is counted or timed: to learn what that costs. Gauges tell states, and go on. */
export function measureNothing(): void {
  measuring = false;
}

type Labels<L extends string> = Readonly<Record<L, string>>;

export interface MetricOptions<L extends string> {
  /** As Prometheus names metrics: base units, `_total` for counters. */
  name: string;
  help: string;
  /** Beside `service`, which every series has. Never an id; values from a short list. */
  labels?: readonly L[];
}

export interface CounterOptions<L extends string> extends MetricOptions<L> {
  /**
   * The module that alone counts it, and labels that are known before anything happens. Their series start at 0 where
   * the module runs: of a series that starts with 1, nobody sees the first increase.
   */
  startsAtZero?: { module: string; labels?: readonly Labels<L>[] };
}

export interface HistogramOptions<L extends string> extends MetricOptions<L> {
  /** Upper bounds in seconds. */
  buckets?: readonly number[];
  /** Whether a bucket names a trace that fell into it. */
  exemplars?: boolean;
}

/**
 * The service of the module on whose behalf this code runs: the same in one process and in many. Null outside all
 * modules, where nothing is measured.
 */
export function currentService(): string | null {
  const { module } = currentWork();
  return module === SYSTEM ? null : serviceOf(module);
}

/** Counts, for the module that it is counted in. */
export class ModuleCounter<L extends string> {
  /** What was counted since the last scrape: prom-client takes longer for each count than we have. */
  private readonly untold = new Map<string, { labels: Record<string, string>; by: number }>();
  private readonly labelNames: readonly L[];

  constructor({ name, help, labels = [], startsAtZero }: CounterOptions<L>) {
    const { untold } = this;
    this.labelNames = labels;
    new Counter<string>({
      name,
      help,
      labelNames: ['service', ...labels],
      collect() {
        for (const { labels: own, by } of untold.values()) this.inc(own, by);
        untold.clear();
      },
    });
    if (startsAtZero) this.startAtZero(serviceOf(startsAtZero.module), startsAtZero.labels);
  }

  /** Without labels given, the one series that has none beside `service`. */
  startAtZero(service: string, labels: readonly Labels<L>[] = [{} as Labels<L>]): void {
    for (const each of labels) this.inc(each, 0, service);
  }

  inc(labels: Labels<L>, by = 1, service: string | null = currentService()): void {
    if (service === null || !measuring) return;
    const key = this.labelNames.reduce((prefix, name) => `${prefix}\0${labels[name]}`, service);
    const known = this.untold.get(key);
    if (known) known.by += by;
    else this.untold.set(key, { labels: { ...labels, service }, by });
  }
}

/** Observes durations, for the module that they are observed in. */
export class ModuleHistogram<L extends string> {
  private readonly inner: Histogram;
  private readonly exemplarLabels: () => Record<string, string> | undefined;

  constructor({ name, help, labels = [], buckets = BUCKETS, exemplars = false }: HistogramOptions<L>) {
    const labelNames = ['service', ...labels];
    this.inner = new Histogram({
      name,
      help,
      labelNames,
      buckets: [...buckets],
      enableExemplars: true,
    });
    this.exemplarLabels = exemplars ? currentTrace : () => undefined;
  }

  observe(labels: Labels<L>, seconds: number, service: string | null = currentService()): void {
    if (service === null || !measuring) return;
    const exemplarLabels = this.exemplarLabels();
    this.inner.observe({
      labels: { ...labels, service },
      value: seconds,
      ...(exemplarLabels ? { exemplarLabels } : {}),
    });
  }

  /** Runs `work` and observes how long it took; `labelsOf` hears what came of it. */
  async time<T>(labelsOf: (error: unknown) => Labels<L>, work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    try {
      const result = await work();
      this.observe(labelsOf(null), secondsSince(started));
      return result;
    } catch (error) {
      this.observe(labelsOf(error), secondsSince(started));
      throw error;
    }
  }
}

/** One series of a gauge, as it is at the moment. */
export interface Reading<L extends string> {
  service: string;
  labels: Labels<L>;
  value: number;
}

/** Tells states when it is scraped, from whoever has some to tell. */
export class ModuleGauge<L extends string> {
  private readonly sources = new Set<() => Iterable<Reading<L>>>();

  constructor({ name, help, labels = [] }: MetricOptions<L>) {
    const { sources } = this;
    new Gauge({
      name,
      help,
      labelNames: ['service', ...labels],
      collect() {
        this.reset();
        for (const source of sources)
          for (const { service, labels: own, value } of source()) this.set({ ...own, service }, value);
      },
    });
  }

  /** Asks the source at each scrape, until the function that it answers is called. */
  from(source: () => Iterable<Reading<L>>): () => void {
    this.sources.add(source);
    return () => void this.sources.delete(source);
  }
}

export function counter<L extends string = never>(options: CounterOptions<L>): ModuleCounter<L> {
  return new ModuleCounter(options);
}

export function histogram<L extends string = never>(options: HistogramOptions<L>): ModuleHistogram<L> {
  return new ModuleHistogram(options);
}

export function gauge<L extends string = never>(options: MetricOptions<L>): ModuleGauge<L> {
  return new ModuleGauge(options);
}

/** `started` is of `performance.now()`. */
export function secondsSince(started: number): number {
  return (performance.now() - started) / 1000;
}

/** Only a trace that somebody can look up. */
function currentTrace(): Record<string, string> | undefined {
  const span = trace.getActiveSpan();
  if (!span?.isRecording()) return undefined;
  const { traceId, spanId, traceFlags } = span.spanContext();
  return traceFlags & TraceFlags.SAMPLED ? { trace_id: traceId, span_id: spanId } : undefined;
}
