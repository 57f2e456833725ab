import type { ReceivedSpan } from './otlp-receiver.js';

/**
 * What a Waybill shows of itself, without what differs from run to run (ids, times, addresses). Two placements that
 * nobody can tell apart have the same portrait.
 */
export interface Portrait {
  /** `http_requests_total{endpoint="/api/v1/orders",method="POST",status="201"} order-service` */
  series: string[];
  /** Span tree of each request, by the title of its order. Ends at shared transactions: see `edges`. */
  trees: Record<string, string>;
  /** `order-service client inventory.reserve → inventory-service server inventory.reserve` */
  edges: string[];
  /** `order-service → inventory-service`, as Tempo's service graph has it. */
  serviceMap: string[];
}

export interface Traced {
  title: string;
  traceId: string;
}

/** Requests of libuv (a file that is read) are told while there are any: by chance, where a scrape meets one. */
const ONLY_WHILE_IT_LASTS = /^nodejs_active_requests\{/;
/** How things are carried differs, and may. */
const OF_THE_TRANSPORT = /^(?:network|server|client|url)\.|^user_agent\.|^waybill\.batch\.size$/;

export function portraitOf(
  scrapes: readonly string[],
  spans: readonly ReceivedSpan[],
  requests: readonly Traced[],
): Portrait {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const parents = spans.flatMap((span) => {
    const parent = span.parentSpanId === null ? undefined : byId.get(span.parentSpanId);
    return parent ? [{ parent, span }] : [];
  });
  return {
    series: unique(scrapes.flatMap(seriesIn)),
    trees: Object.fromEntries(requests.map(({ title, traceId }) => [title, treeOf(spans, traceId)])),
    edges: unique(parents.map(({ parent, span }) => `${describe(parent)} → ${describe(span)}`)),
    serviceMap: unique(
      parents
        .filter(({ parent, span }) => isHop(parent, span))
        .map(({ parent, span }) => `${parent.service} → ${span.service}`),
    ),
  };
}

/** In words, what one has and the other has not. Nothing when they are the same. */
export function differences(one: Portrait, other: Portrait): string[] {
  const lists = (['series', 'edges', 'serviceMap'] as const).flatMap((part) => [
    ...one[part]
      .filter((each) => !other[part].includes(each))
      .map((each) => `${part}: only the first has ${each}`),
    ...other[part]
      .filter((each) => !one[part].includes(each))
      .map((each) => `${part}: only the second has ${each}`),
  ]);
  const titles = [...new Set([...Object.keys(one.trees), ...Object.keys(other.trees)])];
  const trees = titles
    .filter((title) => one.trees[title] !== other.trees[title])
    .map(
      (title) => `trace of order ${title}:\n${one.trees[title]}\nand in the second:\n${other.trees[title]}`,
    );
  return [...lists, ...trees];
}

/** Values of these depend on the moment: what was cached, what was last read, how long something took. */
const OF_THE_MOMENT = new Set(['le', 'sku', 'result', 'product', 'type', 'kind', 'space', 'quantile']);

/** A sample's name, its labels and its service. */
function seriesIn(scrape: string): string[] {
  return scrape
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#') && !ONLY_WHILE_IT_LASTS.test(line))
    .map((line) => {
      const [, name = '', labels = ''] = /^([\w:]+)(?:\{(.*?)\})? /.exec(line) ?? [];
      const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
      const own = pairs
        .filter(([, key]) => key !== 'service')
        .map(([, key = '', value = '']) => (OF_THE_MOMENT.has(key) ? key : `${key}="${value}"`));
      const service = pairs.find(([, key]) => key === 'service')?.[2] ?? 'NO SERVICE';
      return `${name}{${own.toSorted().join()}} ${service}`;
    });
}

/**
 * The tree that a request began. Whose statements a shared transaction shows is a matter of who came first, so a tree
 * ends there; what there is below is in the edges.
 */
function treeOf(spans: readonly ReceivedSpan[], wanted: string): string {
  const children = Map.groupBy(spans, (span) => span.parentSpanId);
  const draw = (span: ReceivedSpan, depth: number): string => {
    const below = span.name.startsWith('commit ') ? [] : (children.get(span.spanId) ?? []);
    const own = `${'  '.repeat(depth)}${describe(span)} [${attributeKeys(span).join()}]${span.failed ? ' failed' : ''}${linksOf(span)}`;
    return [own, ...below.map((child) => draw(child, depth + 1)).toSorted()].join('\n');
  };
  const known = new Set(spans.map(({ spanId }) => spanId));
  const roots = spans.filter(
    ({ traceId, parentSpanId }) => traceId === wanted && (parentSpanId === null || !known.has(parentSpanId)),
  );
  return roots
    .map((root) => draw(root, 0))
    .toSorted()
    .join('\n');
}

function describe({ service, kind, name }: ReceivedSpan): string {
  return `${service} ${kind} ${name}`;
}

/** Whom a shared transaction is linked to depends on who else was there. */
function linksOf({ name, links }: ReceivedSpan): string {
  return links.length > 0 && !name.startsWith('commit ') ? ` linked to ${links.length}` : '';
}

function attributeKeys({ attributes }: ReceivedSpan): string[] {
  return Object.keys(attributes)
    .filter((key) => !OF_THE_TRANSPORT.test(key))
    .toSorted();
}

/** Where a call or an event goes from one service to another. */
function isHop(parent: ReceivedSpan, span: ReceivedSpan): boolean {
  return (
    (parent.kind === 'client' && span.kind === 'server') ||
    (parent.kind === 'producer' && span.kind === 'consumer')
  );
}

function unique(items: readonly string[]): string[] {
  return [...new Set(items)].toSorted();
}
