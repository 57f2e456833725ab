import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parser as logqlParser } from '@grafana/lezer-logql';
import { parser as traceqlParser } from '@grafana/lezer-traceql';
import { parser as promqlParser } from '@prometheus-io/lezer-promql';

/** What a syntax tree is needed for here, whichever of the three grammars made it. */
interface Parser {
  parse(text: string): {
    iterate(walk: { enter(node: Node): boolean | void }): void;
  };
}

interface Node {
  name: string;
  from: number;
  to: number;
  type: { isError: boolean };
  node: { parent: { name: string } | null };
}

export type QueryType = 'prometheus' | 'loki' | 'tempo';

const GRAMMARS: Record<QueryType, { language: string; parser: Parser }> = {
  prometheus: { language: 'PromQL', parser: promqlParser },
  loki: { language: 'LogQL', parser: logqlParser },
  tempo: { language: 'TraceQL', parser: traceqlParser },
};

/** Throws with the place of the first thing that is no PromQL. Grafana's variables are filled in first. */
export const parsePromql = (expr: string, values?: Values): void => parse('prometheus', expr, values);
/** Likewise for LogQL. */
export const parseLogql = (expr: string, values?: Values): void => parse('loki', expr, values);
/** Likewise for TraceQL. */
export const parseTraceql = (expr: string, values?: Values): void => parse('tempo', expr, values);

export function parse(type: QueryType, expr: string, values: Values = {}): void {
  const { language, parser } = GRAMMARS[type];
  const text = substitute(expr, values);
  // The grammars take nothing at all for a query; the databases do not.
  if (text.trim() === '') throw new Error(`${language}: nothing to parse`);
  const wrong = nodes(parser, text).find(({ isError }) => isError);
  if (!wrong) return;
  const before = text.slice(Math.max(0, wrong.from - 40), wrong.from);
  throw new Error(
    `${language} is wrong at ${wrong.from}: ${before}▶${text.slice(wrong.from, wrong.from + 40)}`,
  );
}

function nodes(parser: Parser, text: string) {
  const found: { name: string; parent: string; from: number; text: string; isError: boolean }[] = [];
  parser.parse(text).iterate({
    enter: ({ name, from, to, type: { isError }, node }) => {
      found.push({ name, parent: node.parent?.name ?? '', from, text: text.slice(from, to), isError });
    },
  });
  return found;
}

/** Names of the series that a query in PromQL selects, `_bucket` and the like included. */
export function seriesIn(promql: string, values?: Values): string[] {
  const names = nodes(promqlParser, substitute(promql, values))
    .filter(({ name, parent }) => name === 'Identifier' && parent === 'VectorSelector')
    .map(({ text }) => text);
  return [...new Set(names)].toSorted();
}

/** Values of variables by name. */
export type Values = Readonly<Record<string, string>>;

/** Grafana's own. The rate interval is four scrapes. */
const BUILT_IN: Values = {
  __rate_interval: '1m',
  __interval: '15s',
  __interval_ms: '15000',
  __auto: '1m',
  __range: '1h',
  __range_s: '3600',
  __range_ms: '3600000',
};
/** What a variable means that stands for all of its values. */
const ALL = '.+';

const VARIABLE = /\$\{(\w+)(?::\w+)?\}|\[\[(\w+)(?::\w+)?\]\]|\$(\w+)/g;

/** The query as Grafana would send it. A variable without a value means all. */
export function substitute(expr: string, values: Values = {}): string {
  return expr.replace(VARIABLE, (_whole, braces?: string, brackets?: string, plain?: string) => {
    const name = braces ?? brackets ?? plain ?? '';
    return values[name] ?? BUILT_IN[name] ?? ALL;
  });
}

/** The parts of a dashboard's JSON that tests look at. */
export interface DashboardJson {
  uid: string;
  title: string;
  tags: string[];
  panels: PanelJson[];
  links: { type: string; title: string; url?: string; tags: string[] }[];
  templating: { list: VariableJson[] };
  annotations: { list: { name: string; datasource: SourceJson; expr: string }[] };
}

export interface VariableJson {
  name: string;
  type: string;
  query?: string | { query: string };
  allValue?: string;
  datasource?: SourceJson;
}

interface SourceJson {
  type: string;
  uid: string;
}

export interface PanelJson {
  id: number;
  type: string;
  title: string;
  description?: string;
  datasource?: SourceJson;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: {
    datasource: SourceJson;
    expr?: string;
    query?: string;
    queryType?: string;
    exemplar?: boolean;
  }[];
  fieldConfig?: { defaults?: { unit?: string; links?: { url: string }[] }; overrides?: unknown[] };
}

const FOLDER = join(__dirname, '../../grafana/dashboards');

/** The dashboards as Grafana is given them, by the name of the file. */
export function builtDashboards(): Map<string, DashboardJson> {
  const files = globSync('*.json', { cwd: FOLDER }).toSorted();
  return new Map(
    files.map((file) => [file, JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as DashboardJson]),
  );
}

export interface DashboardQuery {
  /** The dashboard's uid. */
  dashboard: string;
  panel: string;
  type: QueryType;
  /** As it is in the dashboard, with variables: `runnable` fills them in. */
  expr: string;
  /** What the dashboard's own variables are at first. */
  values: Values;
}

/** Every query of every panel and annotation. Tempo's service map is none: it has no text. */
export function dashboardQueries(): DashboardQuery[] {
  return [...builtDashboards().values()].flatMap((dashboard) => {
    const values = Object.fromEntries(dashboard.templating.list.map(initially));
    const told = { dashboard: dashboard.uid, values };
    const ofPanels = dashboard.panels.flatMap(({ title, targets = [] }) =>
      targets
        .map(({ datasource, expr, query }) => ({
          type: datasource.type as QueryType,
          expr: expr ?? query ?? '',
        }))
        .filter(({ expr }) => expr !== '')
        .map((query) => ({ ...told, panel: title, ...query })),
    );
    const ofAnnotations = dashboard.annotations.list.map(({ name, datasource, expr }) => ({
      ...told,
      panel: `annotation: ${name}`,
      type: datasource.type as QueryType,
      expr,
    }));
    return [...ofPanels, ...ofAnnotations];
  });
}

const initially = ({ name, type, query, allValue = ALL }: VariableJson): [string, string] => [
  name,
  type === 'textbox' && typeof query === 'string' ? query : allValue,
];

/** The query as Grafana sends it when the dashboard has just been opened. */
export const runnable = ({ expr, values }: DashboardQuery): string => substitute(expr, values);

/** Names of all series that some panel shows. */
export function metricsUsed(): string[] {
  const names = dashboardQueries()
    .filter(({ type, panel }) => type === 'prometheus' && !panel.startsWith('annotation'))
    .flatMap((query) => seriesIn(runnable(query)));
  return [...new Set(names)].toSorted();
}

/** The metric of a series, of those that there are: a histogram has `_bucket`, `_sum` and `_count`. */
export function metricOf(series: string, metrics: ReadonlySet<string>): string {
  const histogram = series.replace(/_(?:bucket|sum|count)$/, '');
  return !metrics.has(series) && metrics.has(histogram) ? histogram : series;
}

/** Metrics that others write: Prometheus itself, RabbitMQ's exporter, Tempo. */
export const isForeign = (series: string): boolean => /^(?:up$|ALERTS$|rabbitmq_|traces_)/.test(series);
/** Series that a rule records have colons in their names, and no others. */
export const isRecorded = (series: string): boolean => series.includes(':');
