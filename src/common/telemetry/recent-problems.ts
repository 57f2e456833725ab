import { trace } from '@opentelemetry/api';
import { serviceOf } from './names.js';
import { currentWork, SYSTEM } from './work-context.js';

export interface RecentProblem {
  at: string;
  level: 'warn' | 'error' | 'fatal';
  service: string;
  text: string;
  /** Of the last one. */
  traceId: string | null;
  /** How often the same was said; `at` is the last time. */
  times: number;
}

const KEPT = 20;
const MAX_LENGTH = 300;
const LEVELS = new Map<number, RecentProblem['level']>([
  [40, 'warn'],
  [50, 'error'],
  [60, 'fatal'],
]);

const recent: RecentProblem[] = [];

/** The last different warnings and errors of this process, as far as its log level lets them through; the newest last. */
export function recentProblems(): readonly RecentProblem[] {
  return recent;
}

/** What is about to be logged. Keeps its message alone: fields may be somebody's business. */
export function noteProblem(level: number, args: readonly unknown[]): void {
  const name = LEVELS.get(level);
  if (name === undefined) return;
  const { module } = currentWork();
  const span = module === SYSTEM ? undefined : trace.getActiveSpan()?.spanContext();
  const service = serviceOf(module);
  const text = textOf(args).slice(0, MAX_LENGTH);
  const before = recent.findIndex((each) => each.service === service && each.text === text);
  const [same] = before < 0 ? [] : recent.splice(before, 1);
  recent.push({
    at: new Date().toISOString(),
    level: name,
    service,
    text,
    traceId: span?.traceId ?? null,
    times: (same?.times ?? 0) + 1,
  });
  if (recent.length > KEPT) recent.shift();
}

interface Fields {
  err?: unknown;
  method?: unknown;
  route?: unknown;
  status?: unknown;
}

function textOf(args: readonly unknown[]): string {
  const message = args.find((arg) => typeof arg === 'string') ?? '';
  const [first] = args;
  if (typeof first !== 'object' || first === null) return message;
  const { err, method, route, status } = first as Fields;
  const error = first instanceof Error ? first : err;
  const about = [method, route, status].filter(
    (each) => typeof each === 'string' || typeof each === 'number',
  );
  const details = [about.join(' '), error instanceof Error ? error.message : ''];
  return [message, ...details].filter((part) => part !== '').join(': ');
}
