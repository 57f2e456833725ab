export interface Line {
  name: string;
  /** Seconds from the left edge, and values. */
  points: readonly (readonly [number, number])[];
}

export interface LineChart {
  title: string;
  unit: string;
  seconds: number;
  lines: readonly Line[];
  /** Spans of time to be shaded, such as an outage. */
  shaded?: { from: number; to: number; name: string };
}

const WIDTH = 820;
const HEIGHT = 260;
const LEFT = 64;
const RIGHT = 170;
const TOP = 40;
const BOTTOM = 36;
/** Tells colours apart for most eyes. Source: Okabe and Ito, https://jfly.uni-koeln.de/color/ */
const COLOURS = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9', '#555555'];

/** An SVG that stands alone, and reads on a light and on a dark page. */
export function lineChart({ title, unit, seconds, lines, shaded }: LineChart): string {
  const top = niceTop(Math.max(0, ...lines.flatMap(({ points }) => points.map(([, value]) => value))));
  const x = (at: number) => round(LEFT + (at / seconds) * (WIDTH - LEFT - RIGHT));
  const y = (value: number) => round(HEIGHT - BOTTOM - (value / top) * (HEIGHT - TOP - BOTTOM));
  const grid = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const value = part * top;
    return `<path d="M${LEFT} ${y(value)}H${WIDTH - RIGHT}" stroke="#ddd"/>${text(LEFT - 8, y(value) + 4, label(value, unit), 'end')}`;
  });
  const times = Array.from({ length: Math.floor(seconds / 60) + 1 }, (_, minute) =>
    text(x(minute * 60), HEIGHT - BOTTOM + 20, `${minute} min`, 'middle'),
  );
  const shade = shaded
    ? `<rect x="${x(shaded.from)}" y="${TOP}" width="${round(x(shaded.to) - x(shaded.from))}" height="${HEIGHT - TOP - BOTTOM}" fill="#D55E00" opacity="0.1"/>${text(x(shaded.from) + 6, TOP + 14, shaded.name, 'start', '#a04000')}`
    : '';
  const drawn = lines.map(({ name, points }, index) => {
    const colour = COLOURS[index % COLOURS.length] ?? '#000';
    const path = points
      .map(([at, value], number) => `${number === 0 ? 'M' : 'L'}${x(at)} ${y(value)}`)
      .join('');
    const key = TOP + 8 + index * 20;
    return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"/><path d="M${WIDTH - RIGHT + 14} ${key}h16" stroke="${colour}" stroke-width="3"/>${text(WIDTH - RIGHT + 36, key + 4, name)}`;
  });
  return page(WIDTH, HEIGHT, title, [...grid, ...times, shade, ...drawn]);
}

/** White below, since a picture cannot know what page it is on. */
export function page(width: number, height: number, title: string, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" role="img">`,
    `<title>${escape(title)}</title><rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="16" y="24" font-size="14" font-weight="bold" fill="#222">${escape(title)}</text>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

export function text(at: number, y: number, words: string, anchor = 'start', colour = '#444'): string {
  return `<text x="${at}" y="${y}" text-anchor="${anchor}" fill="${colour}">${escape(words)}</text>`;
}

function label(value: number, unit: string): string {
  if (unit === '%') return `${round(value * 100)} %`;
  return unit === '' ? String(round(value)) : `${round(value)} ${unit}`;
}

function niceTop(value: number): number {
  if (value === 0) return 1;
  const step = 10 ** Math.floor(Math.log10(value));
  return Math.ceil(value / step) * step;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function escape(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
