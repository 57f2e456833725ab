import { GROWN_ONE } from '../subjects/grown.js';
import { IDLE_ONE } from '../subjects/idle.js';
import { AT_FIXED_RATE, HALF_LOAD } from '../subjects/open-loop.js';
import { COMPARED_AT, rowName } from '../subjects/orders.js';
import { READ_ORDER, READ_PRODUCTS } from '../subjects/reads.js';
import { BEST_OF } from '../subjects/sql.js';
import type { Figures } from '../subjects/subject.js';
import type { Medians } from './medians.js';

/** A figure, and what it should reach on a machine with two cores. Null: it is told, and nothing is asked of it. */
export interface Target {
  says: string;
  value: number | null;
  unit: 'ratio' | '%' | 'ms' | 's' | '/s' | 'MiB';
  wanted: { atLeast: number } | { atMost: number } | null;
}

/** Of the requests. With more refused, the latency of the others says nothing. */
const MOST_REFUSED_PERCENT = 1;

const ONE = rowName('one process', COMPARED_AT);

/** Those that performance.md asks for, in its order; a value is null where a part of it was not measured. */
export function targetsOf(medians: Medians): Target[] {
  const get = (row: string, figure: keyof Figures) => medians.get(row)?.[figure] ?? null;
  const rate = (row: string) => get(row, 'rate');
  const best = (label: string) => highest([COMPARED_AT, ...BEST_OF].map((n) => rate(rowName(label, n))));
  const served = (row: string, figure: keyof Figures) =>
    (get(row, 'refusedPercent') ?? 0) > MOST_REFUSED_PERCENT ? null : get(row, figure);
  const cost = ratio(rate(ONE), rate(rowName('no telemetry', COMPARED_AT)));
  const target = (
    says: string,
    value: number | null,
    unit: Target['unit'],
    wanted: Target['wanted'] = null,
  ): Target => ({ says, value, unit, wanted });
  const overSql = (label: 'sql-n' | 'sql-1', atLeast: number) => [
    target(`one process ÷ ${label}, at 256`, ratio(rate(ONE), rate(rowName(label, COMPARED_AT))), 'ratio', {
      atLeast,
    }),
    target(`one process at 256 ÷ ${label} at its best`, ratio(rate(ONE), best(label)), 'ratio'),
  ];
  return [
    ...overSql('sql-n', 4),
    ...overSql('sql-1', 2),
    target('hot ÷ spread', ratio(rate(rowName('one process, hot', COMPARED_AT)), rate(ONE)), 'ratio', {
      atLeast: 0.95,
    }),
    target(
      'gateway 45 ms ÷ no delay, at 512',
      ratio(rate(rowName('one process, gateway 45 ms', 512)), rate(rowName('one process', 512))),
      'ratio',
      { atLeast: 0.85 },
    ),
    target('p99 at 256 connections', served(ONE, 'p99'), 'ms', { atMost: 250 }),
    target('p99 at 1,000 orders/s, open loop', served(AT_FIXED_RATE, 'p99'), 'ms', { atMost: 100 }),
    target(
      'one caller alone ÷ sql-n alone, p50',
      ratio(get(rowName('one process', 1), 'p50'), get(rowName('sql-n', 1), 'p50')),
      'ratio',
      { atMost: 1 },
    ),
    target('what telemetry costs', cost === null ? null : (1 - cost) * 100, '%', { atMost: 15 }),
    target('watched ÷ not', ratio(rate(rowName('one process, watched', COMPARED_AT)), rate(ONE)), 'ratio'),
    target(
      'split ÷ sql-n, at 256',
      ratio(rate(rowName('split', COMPARED_AT)), rate(rowName('sql-n', COMPARED_AT))),
      'ratio',
      { atLeast: 1 },
    ),
    target(
      'CPU an order on the grown store ÷ on a new one',
      ratio(get(GROWN_ONE, 'cpu'), get(ONE, 'cpu')),
      'ratio',
      {
        atMost: 1.1,
      },
    ),
    target('confirmed → notification recorded, half load, p99', served(HALF_LOAD, 'eventsP99'), 'ms', {
      atMost: 500,
    }),
    ...[READ_ORDER, READ_PRODUCTS].map((row) => target(row, rate(row), '/s', { atLeast: 8000 })),
    target('one process, start to ready', get(IDLE_ONE, 'startSeconds'), 's', { atMost: 2 }),
    target('one process, resident idle', get(IDLE_ONE, 'residentMib'), 'MiB', { atMost: 200 }),
  ];
}

/** Null: nobody can tell. */
export function isMet({ value, wanted }: Target): boolean | null {
  if (value === null || wanted === null) return null;
  return 'atLeast' in wanted ? value >= wanted.atLeast : value <= wanted.atMost;
}

function ratio(one: number | null, other: number | null): number | null {
  return one === null || other === null || other === 0 ? null : one / other;
}

function highest(values: readonly (number | null)[]): number | null {
  const found = values.filter((value) => value !== null);
  return found.length > 0 ? Math.max(...found) : null;
}
