import { Anchor, Text, VisuallyHidden } from '@mantine/core';
import { strings } from '../strings';

const grafana = document.querySelector<HTMLMetaElement>('meta[name=waybill-grafana]')?.content ?? '';
const HOUR_MS = 3_600_000;

/** Explore shows the trace from the datasource with which Grafana is provisioned (deploy/compose/observability). */
function addressOf(traceId: string, at: string): string | null {
  if (!grafana) return null;
  const time = Date.parse(at);
  const datasource = { type: 'tempo', uid: 'tempo' };
  const pane = {
    datasource: datasource.uid,
    queries: [{ refId: 'A', datasource, queryType: 'traceql', query: traceId }],
    range: { from: String(time - HOUR_MS), to: String(time + HOUR_MS) },
  };
  const query = new URLSearchParams({ schemaVersion: '1', panes: JSON.stringify({ trace: pane }) });
  return `${grafana.replace(/\/$/, '')}/explore?${query}`;
}

/** A trace's id, which leads to Grafana where there is one. */
export function TraceLink({ traceId, at, of }: { traceId: string | null; at: string; of: string }) {
  if (traceId === null) return null;
  const address = addressOf(traceId, at);
  if (address === null)
    return (
      <Text span size="xs" c="dimmed" ff="monospace" className="wrap">
        {strings.trace} {traceId}
      </Text>
    );
  return (
    <Anchor href={address} target="_blank" rel="noreferrer" size="xs" ff="monospace" className="wrap">
      {strings.trace} {traceId} <VisuallyHidden>{of}</VisuallyHidden>
    </Anchor>
  );
}
