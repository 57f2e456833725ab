import * as bargauge from '@grafana/grafana-foundation-sdk/bargauge';
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as sdk from '@grafana/grafana-foundation-sdk/dashboard';
import * as statPanel from '@grafana/grafana-foundation-sdk/stat';
import * as statetimeline from '@grafana/grafana-foundation-sdk/statetimeline';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import type { Query } from './queries.js';
import { type Asking, targets } from './target.js';
import { type Limits, type Palette, RUNBOOKS, SOURCES } from './theme.js';

/** What every panel says of itself. */
export interface Spec {
  title: string;
  /** What it means and what is bad: the text behind the panel's (i). */
  description: string;
  queries: readonly Query[];
  /** What to do when it is bad: the name of a page in docs/runbooks. */
  runbook?: string;
  /** Of 24 columns. */
  width?: number;
  height?: number;
}

export interface NumberSpec extends Spec {
  unit: string;
  limits?: Limits;
  colours?: Palette;
  /** Units of single series, by the end of their name: the currencies. */
  units?: Readonly<Record<string, string>>;
  /** Where a click on a value leads. */
  link?: { title: string; url: string };
  max?: number;
  decimals?: number;
}

/** The part of the SDK's builders that all kinds of panel have. */
export interface Common {
  title(title: string): this;
  description(text: string): this;
  datasource(source: common.DataSourceRef): this;
  targets(queries: Builder<Dataquery>[]): this;
  span(width: number): this;
  height(height: number): this;
  links(links: Builder<sdk.DashboardLink>[]): this;
  build(): sdk.Panel;
}

interface Numeric extends Common {
  unit(unit: string): this;
  min(value: number): this;
  max(value: number): this;
  decimals(digits: number): this;
  thresholds(limits: Builder<sdk.ThresholdsConfig>): this;
  colorScheme(colour: Builder<sdk.FieldColor>): this;
  overrideByRegexp(pattern: string, properties: sdk.DynamicConfigValue[]): this;
  dataLinks(links: Builder<sdk.DashboardLink>[]): this;
}

export function describe<B extends Common>(
  builder: B,
  spec: Spec,
  asking: Asking,
  size: [number, number],
): B {
  const [width, height] = size;
  const source = spec.queries[0]?.source ?? 'prometheus';
  if (spec.runbook) {
    const page = new sdk.DashboardLinkBuilder(`Runbook: ${spec.runbook}`);
    builder.links([page.url(`${RUNBOOKS}/${spec.runbook}.md`).targetBlank(true)]);
  }
  return builder
    .title(spec.title)
    .description(spec.description)
    .datasource(SOURCES[source])
    .targets(targets(spec.queries, asking))
    .span(spec.width ?? width)
    .height(spec.height ?? height);
}

/** No limits, no judgement: Grafana's own default is red from 80 of anything on. */
const NONE: Limits = [{ value: null, colour: 'text' }];

export const thresholds = (limits: Limits) =>
  new sdk.ThresholdsConfigBuilder()
    .mode(sdk.ThresholdsMode.Absolute)
    .steps(limits.map(({ value, colour }) => ({ value, color: colour })));

function measure<B extends Numeric>(builder: B, spec: NumberSpec): B {
  builder
    .unit(spec.unit)
    .min(0)
    .thresholds(thresholds(spec.limits ?? NONE));
  if (spec.max !== undefined) builder.max(spec.max);
  if (spec.decimals !== undefined) builder.decimals(spec.decimals);
  for (const { starts, colour } of spec.colours ?? []) {
    const value = { mode: sdk.FieldColorModeId.Fixed, fixedColor: colour };
    builder.overrideByRegexp(`/^${starts}/`, [{ id: 'color', value }]);
  }
  for (const [name, unit] of Object.entries(spec.units ?? {})) {
    builder.overrideByRegexp(`/(^|\\s)${name}$/`, [{ id: 'unit', value: unit }]);
  }
  if (spec.link) builder.dataLinks([new sdk.DashboardLinkBuilder(spec.link.title).url(spec.link.url)]);
  return builder;
}

const colourBy = (mode: sdk.FieldColorModeId) => new sdk.FieldColorBuilder().mode(mode);
const latest = () => new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']);

export interface GraphSpec extends NumberSpec {
  /** Bars instead of lines, one each `every`. */
  every?: string;
  stack?: boolean;
  /** A table of the series beside the graph, where there are many. */
  wideLegend?: boolean;
}

/** Series over time. Limits are drawn as dashed lines. */
export function graph(spec: GraphSpec): Builder<sdk.Panel> {
  const builder = measure(describe(new timeseries.PanelBuilder(), spec, 'range', [8, 8]), spec)
    .colorScheme(colourBy(sdk.FieldColorModeId.PaletteClassicByName))
    .lineWidth(1)
    .fillOpacity(spec.every ? 70 : 10)
    .showPoints(common.VisibilityMode.Never)
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(spec.wideLegend ? common.LegendDisplayMode.Table : common.LegendDisplayMode.List)
        .placement(spec.wideLegend ? common.LegendPlacement.Right : common.LegendPlacement.Bottom)
        .calcs(['lastNotNull', 'max']),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder()
        .mode(common.TooltipDisplayMode.Multi)
        .sort(common.SortOrder.Descending),
    );
  if (spec.limits) {
    builder.thresholdsStyle(
      new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed),
    );
  }
  if (spec.every) builder.drawStyle(common.GraphDrawStyle.Bars).interval(spec.every);
  if (spec.stack) builder.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal));
  return builder;
}

/** One number, as of now. */
export const stat = (spec: NumberSpec): Builder<sdk.Panel> =>
  measure(describe(new statPanel.PanelBuilder(), spec, 'instant', [4, 4]), spec)
    .colorScheme(colourBy(sdk.FieldColorModeId.Thresholds))
    .reduceOptions(latest())
    .graphMode(common.BigValueGraphMode.None)
    .colorMode(common.BigValueColorMode.Value);

/** A bar for each series, as of now. */
export const bars = (spec: NumberSpec): Builder<sdk.Panel> =>
  measure(describe(new bargauge.PanelBuilder(), spec, 'instant', [8, 8]), spec)
    .colorScheme(
      colourBy(spec.limits ? sdk.FieldColorModeId.Thresholds : sdk.FieldColorModeId.PaletteClassicByName),
    )
    .reduceOptions(latest())
    .orientation(common.VizOrientation.Horizontal)
    .displayMode(common.BarGaugeDisplayMode.Basic);

/** What state each series is in, over time: `states` has a text and a colour for each value. */
export function states(
  spec: NumberSpec & { states: Readonly<Record<number, { text: string; color: string }>> },
): Builder<sdk.Panel> {
  return measure(describe(new statetimeline.PanelBuilder(), spec, 'range', [8, 8]), spec)
    .mappings([{ type: sdk.MappingType.ValueToText, options: spec.states }])
    .colorScheme(colourBy(sdk.FieldColorModeId.Thresholds))
    .showValue(common.VisibilityMode.Never)
    .mergeValues(true)
    .legend(new common.VizLegendOptionsBuilder().showLegend(false));
}
