import { Text } from '@mantine/core';
import { CLIENTS, type Flow, GATEWAY, grouped } from './figures';
import { nameOf } from './Flows';
import { BOX_HEIGHT, BOX_WIDTH, type Curve, curveOf, HEIGHT, PLACES, WIDTH } from './map-layout';
import { Section, Wide } from './Section';
import type { Snapshot } from './snapshot';
import { operations } from './strings';
import { durationText, rateText } from './texts';

const { map } = operations;

/** All that goes from one node to another; calls and events apart. */
interface Edge {
  key: string;
  curve: Curve;
  isEvent: boolean;
  count: number;
  failed: number;
  p95: number | null;
}

function edgesOf(flows: readonly Flow[]): Edge[] {
  const groups = grouped(flows, ({ from, to, kind }) => [from, to, kind === 'event'].join());
  return groups.flatMap((group) => {
    const [first] = group;
    const isEvent = first?.kind === 'event';
    const curve = first && curveOf(first.from, first.to, isEvent);
    if (!curve) return [];
    const timed = group.map(({ p95 }) => p95).filter((each) => each !== null);
    return [
      {
        key: `${first.from} ${first.to} ${isEvent}`,
        curve,
        isEvent,
        count: group.reduce((sum, { count }) => sum + count, 0),
        failed: group.reduce((sum, { failed }) => sum + failed, 0),
        p95: timed.length === 0 ? null : Math.max(...timed),
      },
    ];
  });
}

/** For the eyes; whoever cannot see it reads the tables. */
export function SystemMap({ now, flows }: { now: Snapshot; flows: readonly Flow[] }) {
  const edges = edgesOf(flows);
  return (
    <Section title={map.title}>
      <Wide label={map.label}>
        <svg className="map" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={map.label}>
          {edges.map((edge) => (
            <Line key={edge.key} edge={edge} seconds={now.seconds} />
          ))}
          {edges.map((edge) => (
            <Figures key={edge.key} edge={edge} seconds={now.seconds} />
          ))}
          {Object.keys(PLACES).map((node) => (
            <Node key={node} node={node} now={now} />
          ))}
        </svg>
      </Wide>
      <Text size="sm" c="dimmed">
        {map.legend}
      </Text>
    </Section>
  );
}

interface EdgeProps {
  edge: Edge;
  seconds: number;
}

function Line({ edge: { curve, isEvent, count, failed }, seconds }: EdgeProps) {
  const { start, control, end, arrow } = curve;
  const perSecond = seconds > 0 ? count / seconds : 0;
  return (
    <g className={[isEvent ? 'event' : 'call', failed > 0 ? 'failed' : ''].join(' ')}>
      <path
        d={`M ${start.join(' ')} Q ${control.join(' ')} ${end.join(' ')}`}
        strokeWidth={1.5 + Math.min(4, Math.log2(1 + perSecond))}
      />
      <path
        className="arrow"
        d="M -6 -5 L 6 0 L -6 5 Z"
        transform={`translate(${arrow.at.join(' ')}) rotate(${arrow.degrees})`}
      />
    </g>
  );
}

/** Above all lines. Events have theirs in the table: there are too many of them for the map. */
function Figures({ edge: { curve, isEvent, count, p95 }, seconds }: EdgeProps) {
  if (isEvent) return null;
  const [x, y] = curve.middle;
  return (
    <text className="small halo" x={x} y={y}>
      {rateText(count, seconds)} · {durationText(p95)}
    </text>
  );
}

function Node({ node, now }: { node: string; now: Snapshot }) {
  const [x, y] = PLACES[node] ?? [0, 0];
  const isModule = node !== CLIENTS && node !== GATEWAY;
  const hosting = now.processes.filter(({ modules }) => modules.includes(node));
  const ready = hosting.filter(({ gone, state }) => !gone && state === 'ready').length;
  const isKnown = hosting.length > 0 || !now.alone;
  const wellness = ready > 0 && ready === hosting.length ? 'ready' : 'unwell';
  return (
    <g className={isModule && isKnown ? wellness : ''}>
      <rect x={x - BOX_WIDTH / 2} y={y - BOX_HEIGHT / 2} width={BOX_WIDTH} height={BOX_HEIGHT} rx={10} />
      <text x={x} y={isModule ? y - 9 : y} fontWeight={600}>
        {nameOf(node)}
      </text>
      {isModule && (
        <text className="small" x={x} y={y + 11}>
          {map.ready(ready, hosting.length)}
        </text>
      )}
    </g>
  );
}
