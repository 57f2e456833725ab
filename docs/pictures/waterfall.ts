import { page, text } from './line-chart.js';

export interface DrawnSpan {
  service: string;
  kind: string;
  name: string;
  spanId: string;
  parentSpanId: string | null;
  failed: boolean;
  /** Nanoseconds. */
  start: bigint;
  end: bigint;
}

const ROW = 20;
const NAMES = 470;
const BARS = 330;
const COLOURS: Readonly<Record<string, string>> = {
  'order-service': '#0072B2',
  'inventory-service': '#009E73',
  'payment-service': '#E69F00',
  'user-service': '#CC79A7',
  'catalog-service': '#56B4E9',
  'notification-service': '#777777',
};

/** A trace as Grafana draws one: a line a span, in the order in which they began, children below their parents. */
export function waterfall(title: string, spans: readonly DrawnSpan[]): string {
  const rows = inOrder(spans);
  const begin = rows.reduce(
    (least, { span }) => (span.start < least ? span.start : least),
    rows[0]?.span.start ?? 0n,
  );
  const end = rows.reduce((most, { span }) => (span.end > most ? span.end : most), begin);
  const scale = BARS / Math.max(1, Number(end - begin));
  const lines = rows.map(({ span, depth }, index) => {
    const y = 44 + index * ROW;
    const x = NAMES + Number(span.start - begin) * scale;
    const width = Math.max(2, Number(span.end - span.start) * scale);
    const ms = (Number(span.end - span.start) / 1e6).toFixed(1);
    const colour = COLOURS[span.service] ?? '#555';
    return [
      text(
        16 + depth * 14,
        y + 12,
        `${span.service}  ${span.name}${span.failed ? '  ✗' : ''}`,
        'start',
        span.failed ? '#b00020' : '#333',
      ),
      `<rect x="${x.toFixed(1)}" y="${y + 3}" width="${width.toFixed(1)}" height="12" fill="${colour}" rx="2"/>`,
      text(NAMES + BARS + 12, y + 13, `${ms} ms`),
    ].join('');
  });
  return page(NAMES + BARS + 90, 60 + rows.length * ROW, title, lines);
}

function inOrder(spans: readonly DrawnSpan[]): { span: DrawnSpan; depth: number }[] {
  const known = new Set(spans.map(({ spanId }) => spanId));
  const children = Map.groupBy(spans, ({ parentSpanId }) =>
    parentSpanId !== null && known.has(parentSpanId) ? parentSpanId : null,
  );
  const below = (parent: string | null, depth: number): { span: DrawnSpan; depth: number }[] =>
    (children.get(parent) ?? [])
      .toSorted((one, other) => (one.start < other.start ? -1 : 1))
      .flatMap((span) => [{ span, depth }, ...below(span.spanId, depth + 1)]);
  return below(null, 0);
}
