import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import * as sdk from '@grafana/grafana-foundation-sdk/dashboard';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import { FIRING, JOB, max, series } from './queries.js';
import { BAD, RUNBOOKS, SERVICES, SOURCES } from './theme.js';

export interface Section {
  title: string;
  panels: readonly Builder<sdk.Panel>[];
}

export interface DashboardSpec {
  /** Also the name of the file. Links have it, so it never changes. */
  uid: string;
  title: string;
  description: string;
  sections: readonly Section[];
  variables?: readonly Builder<sdk.VariableModel>[];
  /** How far back it looks at first, such as `1h`. */
  since?: string;
}

/** All of ours, and no other, have it: the menu of dashboards is made of it. */
export const TAG = 'waybill';

/** The page of another dashboard, for a link that keeps the time. */
export const pageOf = (uid: string, query = ''): string => `/d/${uid}?\${__url_time_range}${query}`;

const all = { selected: true, text: ['All'], value: ['$__all'] };

/** Services are few and known, so that one that is down can still be chosen. */
export const serviceVariable = (): Builder<sdk.VariableModel> =>
  new sdk.CustomVariableBuilder('service')
    .label('Service')
    .values(SERVICES.map(({ name }) => name).join(','))
    .multi(true)
    .includeAll(true)
    .allValue('.+')
    .current(all);

/** Label values of a metric, all of them at first. */
export function labelVariable(label: string, title: string, metric: string): Builder<sdk.VariableModel> {
  const query = `label_values(${metric}, ${label})`;
  return new sdk.QueryVariableBuilder(label)
    .label(title)
    .datasource(SOURCES.prometheus)
    .definition(query)
    .query({ query, refId: 'A' })
    .refresh(sdk.VariableRefresh.OnTimeRangeChanged)
    .sort(sdk.VariableSort.NaturalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.+')
    .current(all);
}

export const instanceVariable = (...matchers: string[]): Builder<sdk.VariableModel> =>
  labelVariable('instance', 'Instance', series('process_start_time_seconds', JOB, ...matchers));

/** A field to type in. */
export const textVariable = (name: string, title: string, value = ''): Builder<sdk.VariableModel> =>
  new sdk.TextBoxVariableBuilder(name)
    .label(title)
    .defaultValue(value)
    .current({ selected: true, text: value, value });

/** Marks on every graph, so that a dent is seen together with its cause. */
function annotations(): Builder<sdk.AnnotationQuery>[] {
  const started = `${max('instance', 'process_start_time_seconds', JOB)} * 1000`;
  const mark = (name: string, expr: string, title: string, colour: string) =>
    new sdk.AnnotationQueryBuilder()
      .name(name)
      .datasource(SOURCES.prometheus)
      .iconColor(colour)
      .enable(true)
      .expr(expr)
      .titleFormat(title)
      .target(new prometheus.DataqueryBuilder().expr(expr).refId('Anno').range());
  return [
    mark('Process started', started, '{{instance}} started', 'blue').useValueForTime(true),
    mark('Alerts', FIRING, '{{alertname}} {{service}}', BAD),
  ];
}

/** Panels from left to right, in lines as high as their highest. A section begins a new line. */
function place(sections: readonly Section[]): (sdk.Panel | sdk.RowPanel)[] {
  let y = 0;
  let id = 0;
  return sections.flatMap(({ title, panels }) => {
    const row = new sdk.RowBuilder(title).id(++id).gridPos({ x: 0, y: y++, w: 24, h: 1 }).build();
    let [x, lineHeight] = [0, 0];
    const placed = panels.map((builder) => {
      const panel = builder.build();
      const { w, h } = panel.gridPos ?? sdk.defaultGridPos();
      if (x + w > 24) [x, y, lineHeight] = [0, y + lineHeight, 0];
      const gridPos = { x, y, w, h };
      [x, lineHeight] = [x + w, Math.max(lineHeight, h)];
      return { ...panel, id: ++id, gridPos };
    });
    y += lineHeight;
    return [row, ...placed];
  });
}

const links = (): Builder<sdk.DashboardLink>[] => [
  new sdk.DashboardLinkBuilder('Waybill')
    .type(sdk.DashboardLinkType.Dashboards)
    .tags([TAG])
    .asDropdown(true)
    .includeVars(true)
    .keepTime(true),
  new sdk.DashboardLinkBuilder('Runbooks').url(RUNBOOKS).icon('doc').targetBlank(true),
];

export function dashboard(spec: DashboardSpec): sdk.Dashboard {
  const built = new sdk.DashboardBuilder(spec.title)
    .uid(spec.uid)
    .description(spec.description)
    .tags([TAG])
    .time({ from: `now-${spec.since ?? '1h'}`, to: 'now' })
    .refresh('30s')
    .timezone('browser')
    .tooltip(sdk.DashboardCursorSync.Crosshair)
    .variables([...(spec.variables ?? [])])
    .annotations(annotations())
    .links(links())
    .build();
  // The newest schema that Grafana 11 knows; later ones bring it up to theirs.
  return { ...built, schemaVersion: 39, panels: place(spec.sections) };
}
