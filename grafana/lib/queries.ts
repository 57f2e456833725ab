import type { SourceType } from './theme.js';

/** A query of a panel. `legend` is Grafana's template of a series' name. */
export interface Query {
  source: SourceType;
  expr: string;
  legend: string;
}

/** A query in PromQL. */
export const prom = (expr: string, legend = ''): Query => ({ source: 'prometheus', expr, legend });
/** A query in LogQL. */
export const logql = (expr: string, legend = ''): Query => ({ source: 'loki', expr, legend });
/**
 * Log lines as a person wants to read them. The rest of the JSON is in the line's details, the trace among it.
 */
export const readable = (query: string): string => `${query} | json | ${READABLE}`;

const READABLE = [
  'line_format "{{.service}} {{.message}}',
  '{{if .route}} {{.method}} {{.route}} {{.status}} {{.duration_ms}} ms{{end}}',
  '{{if .error_message}}: {{.error_type}} {{.error_message}}{{end}}',
  '{{if .order_id}} order {{.order_id}}{{end}}"',
].join('');

/** A search in TraceQL. */
export const traceql = (expr: string): Query => ({ source: 'tempo', expr, legend: '' });

/**
 * What people and programs ask of the API. Probes, scrapes and the API page are left out: they are many, always
 * fast, and a readiness that is 503 on purpose is no failed request.
 */
export const API = 'endpoint=~"/api/.+"';
export const FAILED = 'status=~"5.."';
/** Every process is one target of this job. Other exporters have process_* metrics too. */
/** Alerts that fire. One always does, to show that alerts arrive. */
export const FIRING = 'ALERTS{alertstate="firing",alertname!="Watchdog"}';
export const JOB = 'job="waybill"';
export const SELECTED_SERVICE = 'service=~"$service"';
export const SELECTED_INSTANCE = 'instance=~"$instance"';
export const PRODUCT = 'product=~"$product"';
/** Calls between modules that found nobody, or of which nobody knows whether they were carried out. */
export const LOST = 'outcome=~"unavailable|unknown"';

/** `a, b` of labels, or nothing to make one series of all. */
type Labels = string;

/** A metric with its label matchers. */
export const series = (metric: string, ...matchers: string[]): string =>
  matchers.length === 0 ? metric : `${metric}{${matchers.join(',')}}`;

const aggregate = (how: string, by: Labels, expr: string): string =>
  by === '' ? `${how}(${expr})` : `${how} by (${by}) (${expr})`;

export const sum = (by: Labels, expr: string): string => aggregate('sum', by, expr);

/**
 * The largest of what the processes say. For gauges that come from a database, which every replica tells alike, and
 * for a process's own, which it tells once for each service in it: adding up would count the same thing twice.
 */
export const max = (by: Labels, metric: string, ...matchers: string[]): string =>
  aggregate('max', by, series(metric, ...matchers));

/** Per second, as it is now. */
export const rate = (by: Labels, metric: string, ...matchers: string[]): string =>
  sum(by, `rate(${series(metric, ...matchers)}[$__rate_interval])`);

/** How many in a window such as `1h` or `$__range`. */
export const increase = (window: string, by: Labels, metric: string, ...matchers: string[]): string =>
  sum(by, `increase(${series(metric, ...matchers)}[${window}])`);

/** Quantile of a histogram, as it is now or over a window. */
export const quantile = (q: number, by: Labels, histogram: string, ...matchers: string[]): string =>
  quantileOver('$__rate_interval', q, by, histogram, ...matchers);

export function quantileOver(
  window: string,
  q: number,
  by: Labels,
  histogram: string,
  ...matchers: string[]
): string {
  const buckets = `rate(${series(`${histogram}_bucket`, ...matchers)}[${window}])`;
  return `histogram_quantile(${q}, ${sum(by === '' ? 'le' : `le, ${by}`, buckets)})`;
}

/** Median, 95th and 99th percentile. */
export const quantiles = (histogram: string, ...matchers: string[]): Query[] =>
  [0.5, 0.95, 0.99].map((q) => prom(quantile(q, '', histogram, ...matchers), `p${q * 100}`));

/** Mean of a histogram per series of `by`. */
export const mean = (by: Labels, histogram: string, ...matchers: string[]): string =>
  `${rate(by, `${histogram}_sum`, ...matchers)} / (${rate(by, `${histogram}_count`, ...matchers)} > 0)`;

/**
 * The part of a whole, 0 to 1. A part that has never happened has no series, and is 0; a whole that is 0 has no
 * parts, and shows nothing.
 */
export const share = (part: string, whole: string): string => `(${part} or ${whole} * 0) / (${whole} > 0)`;

/** The share of failed API requests. */
export const failedShare = (by: Labels, ...matchers: string[]): string =>
  share(
    rate(by, 'http_requests_total', API, FAILED, ...matchers),
    rate(by, 'http_requests_total', API, ...matchers),
  );
