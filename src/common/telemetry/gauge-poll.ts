import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { Poller } from '../poller.js';
import type { ModuleGauge } from './instruments.js';
import { serviceOf } from './names.js';

const INTERVAL_MS = 5000;
/** What is costly to count is counted less often: at most this part of the time is spent on it. */
const SHARE = 0.05;
/** Alerts look at these: however busy the database is, they must not be blind for long. */
const LONGEST_REST_MS = 60_000;

/** What a gauge shows of what was read. */
export interface Shown<T, L extends string = string> {
  gauge: ModuleGauge<L>;
  /** With the value of each series, and its labels beside `service`. */
  values: (read: T) => readonly (readonly [Readonly<Record<L, string>>, number])[];
}

/** Keeps the labels of a gauge and of its values together. */
export function shown<T, L extends string>(gauge: ModuleGauge<L>, values: Shown<T, L>['values']): Shown<T> {
  return { gauge, values } as unknown as Shown<T>;
}

export interface GaugePollOptions<T> {
  name: string;
  module: string;
  read: () => Promise<T>;
  gauges: readonly Shown<T>[];
}

/**
 * Gauges that take a query: read every few seconds, so that no scrape waits for a database. While they cannot be
 * read they show nothing, which is true, and not the last value, which may not be. Every replica tells the same.
 */
export class GaugePoll<T> implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly poller: Poller;
  private readonly stops: (() => void)[] = [];
  private latest: { value: T } | null = null;
  private restUntil = 0;

  constructor(private readonly options: GaugePollOptions<T>) {
    const { name, module } = options;
    this.poller = new Poller({ name, module, intervalMs: INTERVAL_MS, task: () => this.look() });
  }

  onApplicationBootstrap(): void {
    const service = serviceOf(this.options.module);
    for (const { gauge, values } of this.options.gauges) {
      const readings = () =>
        this.latest ? values(this.latest.value).map(([labels, value]) => ({ service, labels, value })) : [];
      this.stops.push(gauge.from(readings));
    }
    this.poller.start();
  }

  async onModuleDestroy(): Promise<void> {
    for (const stop of this.stops) stop();
    await this.poller.stop();
  }

  private async look(): Promise<number> {
    const started = performance.now();
    if (started < this.restUntil) return 0;
    try {
      this.latest = { value: await this.options.read() };
    } catch {
      // Said already by whoever needs the database or the broker for more than this.
      this.latest = null;
      return 0;
    }
    const took = performance.now() - started;
    this.restUntil = performance.now() + Math.min(took / SHARE, LONGEST_REST_MS);
    return 0;
  }
}
