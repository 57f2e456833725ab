import { COMPARED_AT, rowName } from '../subjects/orders.js';
import type { Figures } from '../subjects/subject.js';
import type { Medians } from './medians.js';
import { isMet, type Target } from './targets.js';

const NONE = '–';
const BASE = rowName('sql-n', COMPARED_AT);

/** What was measured, a line for each load, and what of it should have been reached. */
export function tables(medians: Medians, targets: readonly Target[]): string {
  const told = targets.filter(({ value, wanted }) => value !== null || wanted !== null);
  return `${columns(MEASURED, measuredLines(medians))}\n\n${columns(ASKED, told.map(targetLine))}`;
}

const MEASURED = [
  'subject, connections',
  'a second',
  `÷ ${BASE}`,
  'p50 ms',
  'p90',
  'p99',
  'CPU ms',
  'Waybill',
  'PostgreSQL',
  'WAL KiB',
  'resident MiB',
  'note',
];
const ASKED = ['figure', 'value', 'target', 'met?'];

function measuredLines(medians: Medians): string[][] {
  const base = medians.get(BASE)?.rate;
  return [...medians].map(([name, figures]) => {
    const { rate, p50, p90, p99, cpu, cpuWaybill, cpuPostgres, walKib, residentMib } = figures;
    // Reads and idle processes have nothing to do with what SQL does.
    const comparable = walKib !== undefined && rate !== undefined && base !== undefined;
    return [
      name,
      number(rate, 0),
      comparable ? number(rate / base, 2) : NONE,
      number(p50, 1),
      number(p90, 1),
      number(p99, 1),
      number(cpu, 2),
      number(cpuWaybill, 2),
      number(cpuPostgres, 2),
      number(walKib, 1),
      number(residentMib, 0),
      note(figures),
    ];
  });
}

function note({ failed, refusedPercent, startSeconds, eventsP99 }: Figures): string {
  return [
    failed ? `${failed} transactions failed` : '',
    refusedPercent ? `${number(refusedPercent, 1)} % refused` : '',
    startSeconds === undefined ? '' : `ready after ${number(startSeconds, 2)} s`,
    eventsP99 === undefined ? '' : `notified p99 ${number(eventsP99, 0)} ms`,
  ]
    .filter(Boolean)
    .join(', ');
}

function targetLine(target: Target): string[] {
  const { says, value, unit, wanted } = target;
  const inUnit = (amount: number) => `${number(amount, digits(unit))}${unit === 'ratio' ? '' : ` ${unit}`}`;
  const met = isMet(target);
  return [
    says,
    value === null ? NONE : inUnit(value),
    wanted === null ? '' : 'atLeast' in wanted ? `≥ ${inUnit(wanted.atLeast)}` : `≤ ${inUnit(wanted.atMost)}`,
    met === null ? '' : met ? 'yes' : 'NO',
  ];
}

function digits(unit: Target['unit']): number {
  if (unit === 'ratio' || unit === 's') return 2;
  return unit === '%' ? 1 : 0;
}

function number(value: number | undefined, fraction: number): string {
  if (value === undefined) return NONE;
  return value.toLocaleString('en-US', { minimumFractionDigits: fraction, maximumFractionDigits: fraction });
}

/** The first and the last column to the left, numbers to the right. */
function columns(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const all = [head, ...lines];
  const widths = head.map((_, column) => Math.max(...all.map((line) => (line[column] ?? '').length)));
  const [top, ...rest] = all.map((line) =>
    line
      .map((cell, column) => {
        const left = column === 0 || column === head.length - 1;
        return left ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
      })
      .join('  ')
      .trimEnd(),
  );
  return [top, widths.map((width) => '─'.repeat(width)).join('  '), ...rest].join('\n');
}
