import { readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { freePort } from '../../lab/free-port.js';
import type { ServerProcess } from '../../lab/services/server-process.js';
import { temporaryFolder } from '../folder.js';
import { startServer } from './monitoring-server.js';
import { programs } from './programs.js';

export interface Sample {
  metric: Record<string, string>;
  value: number;
}

export interface Series {
  metric: Record<string, string>;
  /** Unix seconds and values. */
  values: [number, number][];
}

export interface Target {
  labels: Record<string, string>;
  health: 'up' | 'down' | 'unknown';
  lastError: string;
}

export interface PrometheusOptions {
  /** By job, as host:port. All are scraped at /metrics. */
  scrape: Readonly<Record<string, readonly string[]>>;
  ruleFiles?: readonly string[];
  /** host:port of an Alertmanager. */
  alertmanager?: string;
  /** Between scrapes, and between evaluations of rules. */
  interval?: string;
}

/** A real Prometheus of a test's own, with exemplars. */
export class TestPrometheus {
  private constructor(
    private readonly server: ServerProcess,
    private readonly folder: string,
  ) {}

  /** @throws with what to install, or with the end of its log */
  static async start(options: PrometheusOptions): Promise<TestPrometheus> {
    const { prometheus } = programs();
    const folder = await temporaryFolder('prometheus');
    const configFile = join(folder, 'prometheus.yml');
    writeFileSync(configFile, stringify(prometheusConfig(options)));
    const url = `http://127.0.0.1:${await freePort()}`;
    const server = await startServer('Prometheus', url, folder, prometheus, [
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${new URL(url).host}`,
      '--web.enable-remote-write-receiver',
      '--enable-feature=exemplar-storage',
      // What fires before it has found its Alertmanager would else be told a minute later.
      '--rules.alert.resend-delay=3s',
    ]);
    return new TestPrometheus(server, folder);
  }

  get url(): string {
    return this.server.url;
  }

  /** What an expression answers now; a scalar has no labels. */
  async query(expression: string): Promise<Sample[]> {
    type Point = [number, string];
    type Answer = { resultType: string; result: Point | { metric: Record<string, string>; value: Point }[] };
    const { resultType, result } = await this.ask<Answer>('query', { query: expression });
    const vector = resultType === 'scalar' ? [{ metric: {}, value: result as Point }] : result;
    return (vector as { metric: Record<string, string>; value: Point }[]).map(({ metric, value }) => ({
      metric,
      value: Number(value[1]),
    }));
  }

  /** What it answered at each step from `start` to `end`, in Unix seconds. */
  async queryRange(expression: string, start: number, end: number, step = 1): Promise<Series[]> {
    type Answer = { result: { metric: Record<string, string>; values: [number, string][] }[] };
    const range = { start: String(start), end: String(end), step: String(step) };
    const { result } = await this.ask<Answer>('query_range', { query: expression, ...range });
    return result.map(({ metric, values }) => ({
      metric,
      values: values.map(([time, value]) => [time, Number(value)]),
    }));
  }

  async exemplars(expression: string): Promise<{ labels: Record<string, string>; value: number }[]> {
    type Found = { exemplars: { labels: Record<string, string>; value: string }[] };
    const end = Date.now() / 1000;
    const range = { start: String(end - 3600), end: String(end) };
    const found = await this.ask<Found[]>('query_exemplars', { query: expression, ...range });
    return found
      .flatMap(({ exemplars }) => exemplars)
      .map(({ labels, value }) => ({ labels, value: Number(value) }));
  }

  async targets(): Promise<Target[]> {
    return (await this.ask<{ activeTargets: Target[] }>('targets', { state: 'active' })).activeTargets;
  }

  async alerts(): Promise<{ labels: Record<string, string>; state: 'pending' | 'firing' }[]> {
    type Answer = { alerts: { labels: Record<string, string>; state: 'pending' | 'firing' }[] };
    return (await this.ask<Answer>('alerts', {})).alerts;
  }

  async stop(): Promise<void> {
    await this.server.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async ask<T>(path: string, parameters: Record<string, string>): Promise<T> {
    const answer = await fetch(`${this.url}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`);
    const body = (await answer.json()) as { status: string; data: T; error?: string };
    if (body.status !== 'success') throw new Error(`Prometheus: ${body.error}`);
    return body.data;
  }
}

function prometheusConfig({ scrape, ruleFiles = [], alertmanager, interval = '1s' }: PrometheusOptions) {
  return {
    global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
    rule_files: ruleFiles.map((file) => resolve(file)),
    ...(alertmanager && { alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] } }),
    scrape_configs: Object.entries(scrape).map(([job, targets]) => ({
      job_name: job,
      static_configs: [{ targets }],
    })),
  };
}

interface RuleFile {
  groups: { interval?: string; rules: { expr: string; for?: string }[] }[];
}

/**
 * The production rules for a test that cannot wait: no `for` and no range is longer than given, and groups are
 * evaluated as often as Prometheus does anyway. Thresholds stay. Writes them to `folder` and gives the files.
 */
export function hastenRules(
  files: readonly string[],
  folder: string,
  { wait = '2s', range = '5s' }: { wait?: string; range?: string } = {},
): string[] {
  return files.map((file) => {
    const { groups } = parse(readFileSync(file, 'utf8')) as RuleFile;
    for (const group of groups) {
      delete group.interval;
      for (const rule of group.rules) {
        if (rule.for !== undefined) rule.for = wait;
        rule.expr = rule.expr.replaceAll(/\[\d+[smhd]\]/g, `[${range}]`);
      }
    }
    const hastened = join(folder, basename(file));
    writeFileSync(hastened, stringify({ groups }));
    return hastened;
  });
}
