import type { Footprint, Watched } from './evidence.js';

export interface Row {
  fault: string;
  /** Requests of the driver that were under way at the hit, or lost their answers by it. */
  inFlight: number;
  /** Seconds from the hit until orders are confirmed, and go on being so. */
  confirmed: number;
  /** Seconds from the hit until nothing is under way any more. The load goes on until orders are confirmed. */
  settled: number;
}

export function times(rows: readonly Row[]): string {
  return table([
    ['fault', 'in flight', 'confirmed again, s', 'all settled, s'],
    ...rows.map(({ fault, inFlight, confirmed, settled }) => [
      fault,
      String(inFlight),
      confirmed.toFixed(1),
      settled.toFixed(1),
    ]),
  ]);
}

/** What each process took of the machine before the first fault, and after the last one. */
export function growth(processes: readonly Watched[]): string {
  const mebibytes = ({ heapBytes }: Footprint) => (heapBytes / 2 ** 20).toFixed(1);
  return table([
    ['process', 'heap, MiB', 'handles', 'descriptors'],
    ...processes.map(({ name, before, now }) => [
      name,
      `${mebibytes(before)} → ${mebibytes(now)}`,
      `${before.handles} → ${now.handles}`,
      `${before.descriptors} → ${now.descriptors}`,
    ]),
  ]);
}

function table(lines: readonly string[][]): string {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  const padded = (line: readonly string[]) =>
    line.map((text, column) =>
      column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0),
    );
  return lines.map((line) => padded(line).join('  ')).join('\n');
}
