import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parse, stringify } from 'yaml';
import { freePort } from '../../lab/free-port.js';
import { findAptGet, installByApt } from '../../lab/services/apt.js';
import { findProgram, type Machine, thisMachine } from '../../lab/services/programs.js';
import { ServerProcess } from '../../lab/services/server-process.js';
import { temporaryFolder } from '../folder.js';

/** What runs in production. */
export const OBSERVABILITY = resolve(__dirname, '../../deploy/compose/observability');

/** Debian calls Alertmanager's program after its package, everybody else by its own name. */
const PACKAGES = [
  { name: 'Prometheus', debian: 'prometheus', brew: 'prometheus', programs: [['prometheus'], ['promtool']] },
  {
    name: 'Alertmanager',
    debian: 'prometheus-alertmanager',
    brew: 'alertmanager',
    programs: [['prometheus-alertmanager', 'alertmanager'], ['amtool']],
  },
];

const START_MS = 20_000;

export interface Programs {
  prometheus: string;
  promtool: string;
  alertmanager: string;
  amtool: string;
}

/** @throws with what to install */
export function programs(machine: Machine = thisMachine()): Programs {
  const missing = missingOn(machine);
  if (missing.length > 0) throw new Error(howToInstall(missing));
  const [prometheus = '', promtool = '', alertmanager = '', amtool = ''] = PACKAGES.flatMap((each) =>
    each.programs.map((names) => find(names, machine) ?? ''),
  );
  return { prometheus, promtool, alertmanager, amtool };
}

/** Makes sure that this machine has them: as root on Debian, by apt-get. @throws as `programs` does */
export async function installMonitoring(
  say: (line: string) => void,
  machine: Machine = thisMachine(),
): Promise<void> {
  const missing = missingOn(machine);
  if (missing.length === 0) return;
  const aptGet = machine.root ? findAptGet(machine) : undefined;
  if (!aptGet) throw new Error(howToInstall(missing));
  const packages = missing.map(({ debian }) => debian);
  say(`${namesOf(missing)} not on this machine: apt-get installs ${packages.join(' ')} (a minute, once)`);
  await installByApt(aptGet, packages, machine);
  programs(machine);
}

function missingOn(machine: Machine): typeof PACKAGES {
  return PACKAGES.filter((each) => each.programs.some((names) => !find(names, machine)));
}

function find(names: readonly string[], machine: Machine): string | undefined {
  return names.map((name) => findProgram(name, machine)).find((file) => file !== undefined);
}

function namesOf(missing: typeof PACKAGES): string {
  return `${missing.map(({ name }) => name).join(' and ')} ${missing.length === 1 ? 'is' : 'are'}`;
}

function howToInstall(missing: typeof PACKAGES): string {
  const list = (key: 'debian' | 'brew') => missing.map((each) => each[key]).join(' ');
  return (
    `${namesOf(missing)} not on this machine. Debian, Ubuntu: sudo apt-get install ${list('debian')}; ` +
    `macOS: brew install ${list('brew')}; elsewhere: https://prometheus.io/download/`
  );
}

/** Runs one of the tools. Answers all that it printed, and never rejects for what it found wrong. */
export async function run(file: string, args: readonly string[]): Promise<{ ok: boolean; output: string }> {
  try {
    const { stdout, stderr } = await promisify(execFile)(file, [...args], { timeout: 60_000 });
    return { ok: true, output: stdout + stderr };
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string };
    return { ok: false, output: stdout + stderr || message };
  }
}

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

export interface AlertmanagerConfig {
  route: Route;
  receivers: ({ name: string } & Record<string, unknown>)[];
  inhibit_rules?: Record<string, unknown>[];
  templates?: string[];
  global?: Record<string, unknown>;
}

export interface Route {
  receiver?: string;
  routes?: Route[];
  [setting: string]: unknown;
}

/** A real Alertmanager of a test's own. It is in no cluster, and speaks to nobody but its receivers. */
export class TestAlertmanager {
  private constructor(
    private readonly server: ServerProcess,
    private readonly folder: string,
  ) {}

  /** @throws with what to install, or with the end of its log */
  static async start(config: AlertmanagerConfig): Promise<TestAlertmanager> {
    const { alertmanager } = programs();
    const folder = await temporaryFolder('alertmanager');
    const configFile = join(folder, 'alertmanager.yml');
    writeFileSync(configFile, stringify(config));
    const url = `http://127.0.0.1:${await freePort()}`;
    const server = await startServer('Alertmanager', url, folder, alertmanager, [
      `--config.file=${configFile}`,
      `--storage.path=${join(folder, 'data')}`,
      `--web.listen-address=${new URL(url).host}`,
      '--cluster.listen-address=',
    ]);
    return new TestAlertmanager(server, folder);
  }

  get url(): string {
    return this.server.url;
  }

  /** As Prometheus wants it. */
  get address(): string {
    return new URL(this.url).host;
  }

  /** Alerts sent straight to it, without a Prometheus. */
  async send(alerts: readonly { labels: Record<string, string> }[]): Promise<void> {
    const answer = await fetch(`${this.url}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(alerts),
    });
    if (!answer.ok) throw new Error(`Alertmanager: ${await answer.text()}`);
  }

  /** What it knows of, and whether another alert keeps it quiet. */
  async alerts(): Promise<{ labels: Record<string, string>; inhibited: boolean }[]> {
    const answer = await fetch(`${this.url}/api/v2/alerts`);
    type Found = { labels: Record<string, string>; status: { inhibitedBy: string[] } };
    return ((await answer.json()) as Found[]).map(({ labels, status }) => ({
      labels,
      inhibited: status.inhibitedBy.length > 0,
    }));
  }

  async stop(): Promise<void> {
    await this.server.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

function startServer(
  name: string,
  url: string,
  folder: string,
  file: string,
  args: readonly string[],
): Promise<ServerProcess> {
  const outputFile = join(folder, 'log');
  mkdirSync(join(folder, 'data'));
  return ServerProcess.start({
    name,
    url,
    server: { file, args, env: { LC_ALL: 'C', TZ: 'UTC' } },
    account: undefined,
    outputFile,
    logFiles: [outputFile],
    answers: async () => {
      const answer = await fetch(`${url}/-/ready`);
      if (!answer.ok) throw new Error(`${name} answers ${answer.status}`);
    },
    startMs: START_MS,
  });
}

export interface Delivery {
  receiver: string;
  status: 'firing' | 'resolved';
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

/** Stands in for mail, Slack and PagerDuty: keeps what an Alertmanager delivers by webhook. */
export class AlertInbox {
  readonly deliveries: Delivery[] = [];
  private readonly server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      type Body = { receiver: string; alerts: Omit<Delivery, 'receiver'>[] };
      const { receiver, alerts } = JSON.parse(Buffer.concat(chunks).toString()) as Body;
      this.deliveries.push(...alerts.map((alert) => ({ ...alert, receiver })));
      response.end();
    });
  });

  static async open(): Promise<AlertInbox> {
    const inbox = new AlertInbox();
    await new Promise<void>((listening) => inbox.server.listen(0, '127.0.0.1', listening));
    return inbox;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  /** What came of one alert, in order. */
  of(alert: string): Delivery[] {
    return this.deliveries.filter(({ labels }) => labels['alertname'] === alert);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }
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

/**
 * The production routes and inhibitions for a test: every receiver is a webhook at `url`, under its own name, and
 * nobody waits for longer than `wait`.
 */
export function redirectReceivers(
  config: AlertmanagerConfig,
  url: string,
  { wait = '1s' }: { wait?: string } = {},
): AlertmanagerConfig {
  const hasten = ({ routes, ...route }: Route): Route => ({
    ...route,
    group_wait: wait,
    group_interval: wait,
    repeat_interval: '1h',
    ...(routes && { routes: routes.map(hasten) }),
  });
  return {
    route: hasten(config.route),
    receivers: config.receivers.map(({ name }) => ({
      name,
      webhook_configs: [{ url, send_resolved: true }],
    })),
    ...(config.inhibit_rules && { inhibit_rules: config.inhibit_rules }),
  };
}
