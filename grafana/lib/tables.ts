import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import * as common from '@grafana/grafana-foundation-sdk/common';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import * as logsPanel from '@grafana/grafana-foundation-sdk/logs';
import * as nodegraph from '@grafana/grafana-foundation-sdk/nodegraph';
import * as tablePanel from '@grafana/grafana-foundation-sdk/table';
import * as tempo from '@grafana/grafana-foundation-sdk/tempo';
import { describe, type Spec, thresholds } from './panel.js';
import { logql, prom, traceql } from './queries.js';
import { type Limits, SOURCES } from './theme.js';

interface Column {
  name: string;
  expr: string;
  unit: string;
  limits?: Limits;
}

type Titles = Omit<Spec, 'queries'>;

/** A row for each combination of labels, a column for each query. Labels in `without` are not shown. */
export function table(
  spec: Titles & {
    columns: readonly Column[];
    without?: readonly string[];
    link?: { column: string; title: string; url: string };
  },
): Builder<Panel> {
  const queries = spec.columns.map(({ expr }) => prom(expr));
  // Grafana names the only value `Value`, and several `Value #A`, `Value #B`.
  const valueOf = (index: number) =>
    queries.length === 1 ? 'Value' : `Value #${String.fromCharCode('A'.charCodeAt(0) + index)}`;
  const renameByName = Object.fromEntries(spec.columns.map(({ name }, index) => [valueOf(index), name]));
  const excludeByName = Object.fromEntries(['Time', ...(spec.without ?? [])].map((name) => [name, true]));
  const builder = describe(new tablePanel.PanelBuilder(), { ...spec, queries }, 'table', [24, 8])
    .unit('none')
    .filterable(true)
    .transformations([
      { id: 'merge', options: {} },
      { id: 'organize', options: { excludeByName, indexByName: {}, renameByName } },
    ]);
  for (const { name, unit, limits } of spec.columns) {
    const colours = limits && [
      { id: 'thresholds', value: thresholds(limits).build() },
      { id: 'custom.cellOptions', value: { type: common.TableCellDisplayMode.ColorText } },
    ];
    builder.overrideByName(name, [{ id: 'unit', value: unit }, ...(colours ?? [])]);
  }
  if (spec.link) {
    const { column, title, url } = spec.link;
    builder.overrideByName(column, [{ id: 'links', value: [{ title, url }] }]);
  }
  return builder;
}

/** Spans that a TraceQL query finds; a click opens the trace. */
export const traces = (spec: Titles & { query: string }): Builder<Panel> =>
  describe(
    new tablePanel.PanelBuilder(),
    { ...spec, queries: [traceql(spec.query)] },
    'range',
    [12, 9],
  ).filterable(true);

/** Log lines, the newest first. */
export const logs = (spec: Titles & { query: string }): Builder<Panel> =>
  describe(new logsPanel.PanelBuilder(), { ...spec, queries: [logql(spec.query)] }, 'range', [24, 10])
    .showTime(true)
    .wrapLogMessage(true)
    .enableLogDetails(true)
    .sortOrder(common.LogsSortOrder.Descending)
    .dedupStrategy(common.LogsDedupStrategy.None);

/** Tempo's map of who calls whom, drawn from its service graph metrics. */
export function serviceMap(spec: Titles): Builder<Panel> {
  const query = new tempo.DataqueryBuilder()
    .datasource(SOURCES.tempo)
    .queryType(tempo.TempoQueryType.ServiceMap)
    .filters([])
    .refId('A');
  return describe(new nodegraph.PanelBuilder(), { ...spec, queries: [] }, 'range', [24, 14])
    .datasource(SOURCES.tempo)
    .targets([query]);
}
