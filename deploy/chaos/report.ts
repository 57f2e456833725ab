import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Aftermath } from './aftermath.js';
import { junit } from './junit.js';
import { markdown } from './markdown.js';
import type { Options } from './options.js';
import type { Probe } from './prober.js';
import type { Run } from './run.js';

/** One kill, or the replacement of one service. */
export interface Case {
  name: string;
  service: string;
  /** By `performance.now()`. */
  at: number;
  /** Null when orders did not become good again, and where it is not asked. */
  recoverySeconds: number | null;
  /** Until the platform had all processes again. */
  completeSeconds: number | null;
  orders: number;
  bad: Probe[];
  /** Why it fails; null when it does not. */
  failure: string | null;
}

/** What the JSON holds. Times of orders are seconds since `startedAt`. */
export interface Report {
  task: Options['task'];
  ok: boolean;
  platform: string;
  url: string;
  seed: number | null;
  startedAt: string;
  seconds: number;
  limitSeconds: number | null;
  consecutive: number;
  ordersPerSecond: number;
  verdicts: Record<string, number>;
  /** Of good orders. */
  latencyMs: { p50: number; p95: number; max: number };
  cases: (Omit<Case, 'bad' | 'at'> & { at: number; bad: BadOrder[] })[];
  aftermath: Aftermath | null;
  /** What is wrong beside the cases: orders afterwards, and what could not be carried out. */
  violations: string[];
}

export interface BadOrder {
  key: string;
  sentAt: number;
  seconds: number;
  verdict: string;
  why: string | null;
}

export function reportOf(options: Options, run: Run): Report {
  const { task, platform, url, seed, limitMs, consecutive, rate } = options;
  const since = (at: number) => rounded((at - run.origin) / 1000);
  const cases = run.cases.map((each) => ({
    ...each,
    at: since(each.at),
    recoverySeconds: each.recoverySeconds === null ? null : rounded(each.recoverySeconds),
    completeSeconds: each.completeSeconds === null ? null : rounded(each.completeSeconds),
    bad: each.bad.map(({ key, sentAt, answeredAt, verdict, why }) => ({
      key,
      sentAt: since(sentAt),
      seconds: rounded((answeredAt - sentAt) / 1000),
      verdict,
      why,
    })),
  }));
  const violations = [...run.complaints, ...(run.aftermath ? violationsOf(run.aftermath) : [])];
  return {
    task,
    ok: violations.length === 0 && cases.every(({ failure }) => failure === null),
    platform: platform.name,
    url,
    seed: task === 'kill' ? seed : null,
    startedAt: run.startedAt,
    seconds: since(Math.max(...run.probes.map(({ answeredAt }) => answeredAt))),
    limitSeconds: task === 'kill' ? limitMs / 1000 : null,
    consecutive,
    ordersPerSecond: rate,
    verdicts: Object.fromEntries(
      Object.entries(Object.groupBy(run.probes, ({ verdict }) => verdict)).map(([name, all]) => [
        name,
        all.length,
      ]),
    ),
    latencyMs: latencyOf(run.probes),
    cases,
    aftermath: run.aftermath,
    violations,
  };
}

/** Writes NAME.json, NAME.md and NAME.xml (JUnit's form, which CI servers read). */
export function writeReport(folder: string, report: Report): string {
  mkdirSync(folder, { recursive: true });
  const name = report.task === 'kill' ? 'chaos' : 'rolling-update';
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(join(folder, `${name}.md`), markdown(report));
  writeFileSync(join(folder, `${name}.xml`), junit(report));
  return join(folder, `${name}.md`);
}

function violationsOf({ unanswered, lost, extra }: Aftermath): string[] {
  const say = (ids: readonly string[], what: string) =>
    ids.length === 0 ? [] : [`${ids.length} ${what}: ${ids.slice(0, 5).join(', ')}`];
  return [
    ...say(unanswered, 'keys got no answer of their own, asked again and again'),
    ...say(lost, 'orders were confirmed to the client and are not among its confirmed orders'),
    ...say(extra, 'orders are confirmed that the client was never told of'),
  ];
}

function latencyOf(probes: readonly Probe[]): Report['latencyMs'] {
  const all = probes
    .filter(({ verdict }) => verdict === 'good')
    .map(({ sentAt, answeredAt }) => answeredAt - sentAt)
    .toSorted((one, other) => one - other);
  const at = (share: number) => Math.round(all[Math.ceil(share * all.length) - 1] ?? 0);
  return { p50: at(0.5), p95: at(0.95), max: at(1) };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
