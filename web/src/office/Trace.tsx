import { Anchor, Code, Text } from '@mantine/core';
import { strings } from '../strings';

const grafana = document.querySelector<HTMLMetaElement>('meta[name=waybill-grafana]')?.content ?? '';

/** A trace in Grafana's Explore; the data source is deploy/compose/observability's. */
function addressOf(traceId: string, at: string): string {
  const around = (ms: number) => String(new Date(at).getTime() + ms);
  const panes = {
    trace: {
      datasource: 'tempo',
      queries: [
        { refId: 'A', datasource: { type: 'tempo', uid: 'tempo' }, queryType: 'traceql', query: traceId },
      ],
      range: { from: around(-HALF_AN_HOUR_MS), to: around(HALF_AN_HOUR_MS) },
    },
  };
  // Below the path that Grafana is served at, if it is: GF_SERVER_SERVE_FROM_SUB_PATH.
  const url = new URL(`${grafana.replace(/\/$/, '')}/explore`);
  url.search = new URLSearchParams({ schemaVersion: '1', panes: JSON.stringify(panes) }).toString();
  return url.href;
}

const HALF_AN_HOUR_MS = 30 * 60_000;

/** The id of a trace, and a link to it where the page knows of a Grafana. */
export function Trace({ traceId, at }: { traceId: string; at: string }) {
  const code = <Code>{traceId}</Code>;
  return (
    <Text size="sm" c="dimmed" className="wrap">
      {strings.office.order.trace}{' '}
      {grafana ? (
        <Anchor href={addressOf(traceId, at)} target="_blank" rel="noreferrer">
          {code}
        </Anchor>
      ) : (
        code
      )}
    </Text>
  );
}
