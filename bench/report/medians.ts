import type { Figures, Row } from '../subjects/subject.js';

export type Medians = ReadonlyMap<string, Figures>;

/** The middle one, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? (upper + (sorted[middle - 1] ?? Number.NaN)) / 2 : upper;
}

/** Of each figure of each row by itself, over all rounds in which it was measured. */
export function mediansOf(rows: readonly Row[]): Medians {
  const byName = Map.groupBy(rows, ({ name }) => name);
  return new Map([...byName].map(([name, measured]) => [name, medianFigures(measured)]));
}

function medianFigures(rows: readonly Row[]): Figures {
  const names = new Set(rows.flatMap(({ figures }) => Object.keys(figures) as (keyof Figures)[]));
  return Object.fromEntries(
    [...names].map((name) => [name, median(rows.flatMap(({ figures }) => figures[name] ?? []))]),
  );
}
