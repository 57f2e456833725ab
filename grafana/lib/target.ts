import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import * as loki from '@grafana/grafana-foundation-sdk/loki';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as tempo from '@grafana/grafana-foundation-sdk/tempo';
import type { Query } from './queries.js';
import { SOURCES } from './theme.js';

/** How a panel asks: over time, or once for the end of the time range, and then perhaps for a table. */
export type Asking = 'range' | 'instant' | 'table';

/** The queries as Grafana has them, each under a letter. */
export const targets = (queries: readonly Query[], asking: Asking): Builder<Dataquery>[] =>
  queries.map((query, index) => target(query, String.fromCharCode('A'.charCodeAt(0) + index), asking));

function target(query: Query, refId: string, asking: Asking): Builder<Dataquery> {
  switch (query.source) {
    case 'prometheus':
      return promTarget(query, refId, asking);
    case 'loki':
      return new loki.DataqueryBuilder()
        .datasource(SOURCES.loki)
        .expr(query.expr)
        .legendFormat(query.legend)
        .queryType(asking === 'range' ? loki.LokiQueryType.Range : loki.LokiQueryType.Instant)
        .refId(refId);
    case 'tempo':
      return new tempo.DataqueryBuilder()
        .datasource(SOURCES.tempo)
        .queryType(tempo.TempoQueryType.Traceql)
        .query(query.expr)
        .tableType(tempo.SearchTableType.Spans)
        .limit(50)
        .spss(3)
        .filters([])
        .refId(refId);
  }
}

/** Buckets carry exemplars: the dots on a graph that open the trace of one slow request. */
function promTarget({ expr, legend }: Query, refId: string, asking: Asking): Builder<Dataquery> {
  const builder = new prometheus.DataqueryBuilder()
    .datasource(SOURCES.prometheus)
    .editorMode(prometheus.QueryEditorMode.Code)
    .expr(expr)
    .legendFormat(legend)
    .refId(refId);
  if (asking === 'range') return builder.range().exemplar(expr.includes('_bucket'));
  return asking === 'table' ? builder.instant().format(prometheus.PromQueryFormat.Table) : builder.instant();
}
