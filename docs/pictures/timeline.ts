import { page, text } from './line-chart.js';

export interface Timeline {
  title: string;
  seconds: number;
  /** When each was there: seconds from the left edge, a point for each step of `STEP` seconds. */
  rows: readonly { name: string; times: readonly number[] }[];
  shaded: { from: number; to: number; name: string };
}

/** Seconds between two points. */
const STEP = 2;
const WIDTH = 820;
const LEFT = 190;
const ROW = 26;
const TOP = 62;

/** A bar for each thing while it was there. */
export function timeline({ title, seconds, rows, shaded }: Timeline): string {
  const height = TOP + rows.length * ROW + 30;
  const x = (at: number) => Math.round(LEFT + (at / seconds) * (WIDTH - LEFT - 30));
  const bars = rows.flatMap(({ name, times }, index) => {
    const y = TOP + index * ROW;
    return [
      text(LEFT - 10, y + 13, name, 'end'),
      ...times.map(
        (at) =>
          `<rect x="${x(at)}" y="${y + 2}" width="${x(at + STEP) - x(at) + 1}" height="14" fill="#b00020"/>`,
      ),
    ];
  });
  const minutes = Array.from({ length: Math.floor(seconds / 60) + 1 }, (_, minute) =>
    text(x(minute * 60), height - 8, `${minute} min`, 'middle'),
  );
  const shade = `<rect x="${x(shaded.from)}" y="${TOP - 22}" width="${x(shaded.to) - x(shaded.from)}" height="${height - TOP}" fill="#D55E00" opacity="0.1"/>`;
  return page(WIDTH, height, title, [
    shade,
    text(x(shaded.from) + 6, TOP - 8, shaded.name, 'start', '#a04000'),
    ...bars,
    ...minutes,
  ]);
}
