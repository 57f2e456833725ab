import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { AuthErrors } from '../security/auth.errors.js';
import { hasRole, isStaff, type Principal } from '../security/principal.js';
import { OperationsChannel } from './operations-channel.js';
import {
  MAX_PROBLEMS,
  type ProcessView,
  type Report,
  ReportSchema,
  type Series,
  type Snapshot,
  type Switch,
} from './operations.schemas.js';

const INTERVAL_MS = 1000;
/** Whoever begins to watch sees the first answers after this, and not a whole interval later. */
const FIRST_MS = 250;
/** Not heard of for so long: gone. Then it is shown for a while, and forgotten. */
const GONE_MS = 5000;
const FORGOTTEN_MS = 60_000;
/** Runs of processes that are kept at most. */
const MAX_PROCESSES = 100;

/** Somebody who watches. `send` never throws. */
export interface Watcher {
  readonly principal: Principal;
  send(text: string): void;
}

interface Known {
  report: Report;
  at: number;
}

/**
 * Where those are who watch the system: asks all processes for reports as long as anybody does, and brings one picture
 * of them to everybody. For staff only; switches are for administrators, and in the lab only.
 */
@Injectable()
export class OperationsDesk implements OnModuleDestroy {
  private readonly watchers = new Set<Watcher>();
  private readonly known = new Map<string, Known>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly channel: OperationsChannel,
    private readonly lab: boolean,
    private readonly now: () => number = Date.now,
  ) {}

  /** Where people connect: only there reports are listened to. */
  open(): void {
    this.channel.hear('reports', ReportSchema, (report) => this.note(report));
  }

  onModuleDestroy(): void {
    clearTimeout(this.timer);
  }

  /** Throws AUTH.FORBIDDEN to all but staff. */
  watch(watcher: Watcher): void {
    if (!isStaff(watcher.principal)) throw AuthErrors.FORBIDDEN('This needs the role staff');
    const first = this.watchers.size === 0;
    this.watchers.add(watcher);
    if (!first) return;
    this.channel.say('asked', {});
    this.next(FIRST_MS);
  }

  unwatch(watcher: Watcher): void {
    this.watchers.delete(watcher);
    if (this.watchers.size === 0) clearTimeout(this.timer);
  }

  /** Throws AUTH.FORBIDDEN to all but administrators, and where there are no switches. */
  throwSwitch(by: Principal, thrown: Switch): void {
    if (!this.lab) throw AuthErrors.FORBIDDEN('There are no switches here: LAB_SWITCHES is off');
    if (!hasRole(by, 'admin')) throw AuthErrors.FORBIDDEN('This needs the role admin');
    this.channel.say('switches', { ...thrown, by: by.userId });
  }

  private next(ms: number): void {
    this.timer = setTimeout(() => {
      const text = JSON.stringify({ type: 'operations', data: this.snapshot() });
      for (const watcher of this.watchers) watcher.send(text);
      this.channel.say('asked', {});
      this.next(INTERVAL_MS);
    }, ms).unref();
  }

  private note(report: Report): void {
    if (this.watchers.size === 0) return;
    const { id } = report.process;
    if (!this.known.has(id)) {
      this.clear(report.process);
      if (this.known.size >= MAX_PROCESSES) return;
    }
    this.known.set(id, { report, at: this.now() });
  }

  /** Forgets who is long gone, who has said that it goes, and whom the newcomer stands in for. */
  private clear(newcomer?: Report['process']): void {
    for (const [id, { report, at }] of this.known) {
      const { instance, startedAt, state } = report.process;
      const isOld = this.now() - at > FORGOTTEN_MS;
      const isOver = this.isGone(at) && state === 'stopping';
      const isReplaced = instance === newcomer?.instance && startedAt < newcomer.startedAt;
      if (isOld || isOver || isReplaced) this.known.delete(id);
    }
  }

  private isGone(at: number): boolean {
    return this.now() - at > GONE_MS;
  }

  private snapshot(): Snapshot {
    this.clear();
    const all = [...this.known.values()];
    const live = all.filter(({ at }) => !this.isGone(at)).map(({ report }) => report);
    return {
      at: new Date(this.now()).toISOString(),
      lab: this.lab,
      alone: this.channel.alone,
      seconds: Math.max(0, ...live.map(({ seconds }) => seconds)),
      recentSeconds: Math.max(0, ...live.map(({ recentSeconds }) => recentSeconds)),
      bounds: Object.assign({}, ...live.map(({ bounds }) => bounds)) as Snapshot['bounds'],
      series: added(live.flatMap(({ series }) => series)),
      processes: all.map((each) => this.view(each)).toSorted(byPlace),
      // Of those who are gone, too: what they said last may tell why.
      problems: all
        .flatMap(({ report }) =>
          report.problems.map((problem) => ({ ...problem, instance: report.process.instance })),
        )
        .toSorted((one, other) => (one.at < other.at ? 1 : -1))
        .slice(0, MAX_PROBLEMS),
    };
  }

  private view({ report, at }: Known): ProcessView {
    return { ...report.process, gone: this.isGone(at), seenAt: new Date(at).toISOString() };
  }
}

function byPlace(one: ProcessView, other: ProcessView): number {
  const [a, b] = [one, other].map(({ modules, instance }) => `${modules.join()} ${instance}`);
  return (a ?? '') < (b ?? '') ? -1 : 1;
}

function added(all: readonly Series[]): Series[] {
  const sums = new Map<string, Series>();
  for (const one of all) {
    const key = `${one.metric}\0${JSON.stringify(one.labels)}`;
    const sum = sums.get(key);
    sums.set(key, sum ? plus(sum, one) : one);
  }
  return [...sums.values()];
}

function plus(one: Series, other: Series): Series {
  return {
    ...one,
    count: one.count + other.count,
    recent: one.recent + other.recent,
    ...(one.buckets ? { buckets: one.buckets.map((count, i) => count + (other.buckets?.[i] ?? 0)) } : {}),
  };
}
