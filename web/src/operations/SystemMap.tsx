import { Text } from '@mantine/core';
import { CLIENTS, type Flow, GATEWAY, grouped } from './figures';
import { nameOf } from './Flows';
import { Section, Wide } from './Section';
import type { Snapshot } from './snapshot';
import { operations } from './strings';
import { durationText, rateText } from './texts';

const { map } = operations;

type Point = readonly [x: number, y: number];

const PLACES: Record<string, Point> = {
  [CLIENTS]: [80, 210],
  users: [350, 50],
  catalog: [350, 370],
  orders: [350, 210],
  payments: [560, 120],
  inventory: [580, 340],
  notifications: [815, 225],
  [GATEWAY]: [815, 50],
};
const [WIDTH, HEIGHT] = [900, 420];
const [BOX_WIDTH, BOX_HEIGHT] = [148, 50];

/** All that goes from one node to another; calls and events apart. */
interface Edge {
  from: string;
  to: string;
  isEvent: boolean;
  count: number;
  failed: number;
  p95: number | null;
}

function edgesOf(flows: readonly Flow[]): Edge[] {
  const groups = grouped(flows, ({ from, to, kind }) => [from, to, kind === 'event'].join());
  return groups.flatMap((group) => {
    const [first] = group;
    if (!first || !(first.from in PLACES) || !(first.to in PLACES) || first.from === first.to) return [];
    const timed = group.map(({ p95 }) => p95).filter((each) => each !== null);
    return [
      {
        from: first.from,
        to: first.to,
        isEvent: first.kind === 'event',
        count: group.reduce((sum, { count }) => sum + count, 0),
        failed: group.reduce((sum, { failed }) => sum + failed, 0),
        p95: timed.length === 0 ? null : Math.max(...timed),
      },
    ];
  });
}

/** For the eyes; whoever cannot see it reads the tables. */
export function SystemMap({ now, flows }: { now: Snapshot; flows: readonly Flow[] }) {
  return (
    <Section title={map.title}>
      <Wide label={map.label}>
        <svg className="map" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={map.label}>
          {edgesOf(flows).map((edge) => (
            <EdgeLine key={`${edge.from} ${edge.to} ${edge.isEvent}`} edge={edge} seconds={now.seconds} />
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

function EdgeLine({ edge, seconds }: { edge: Edge; seconds: number }) {
  const { from, to, isEvent, count, failed, p95 } = edge;
  const [start, end] = [PLACES[from], PLACES[to]];
  if (!start || !end) return null;
  // Bent to its left, so that the ways there and back lie apart; events further out than calls.
  const [dx, dy] = [end[0] - start[0], end[1] - start[1]];
  const bend = (isEvent ? 46 : 18) / Math.hypot(dx, dy);
  const middle: Point = [(start[0] + end[0]) / 2 + dy * bend, (start[1] + end[1]) / 2 - dx * bend];
  const control: Point = [2 * middle[0] - (start[0] + end[0]) / 2, 2 * middle[1] - (start[1] + end[1]) / 2];
  const perSecond = seconds > 0 ? count / seconds : 0;
  const classes = [isEvent ? 'event' : 'call', failed > 0 ? 'failed' : ''].join(' ');
  return (
    <>
      <path
        className={classes}
        d={`M ${start.join(' ')} Q ${control.join(' ')} ${end.join(' ')}`}
        strokeWidth={1.5 + Math.min(4, Math.log2(1 + perSecond))}
      />
      {!isEvent && (
        <text className="small halo" x={middle[0]} y={middle[1]}>
          {rateText(count, seconds)} · {durationText(p95)}
        </text>
      )}
    </>
  );
}

function Node({ node, now }: { node: string; now: Snapshot }) {
  const [x, y] = PLACES[node] ?? [0, 0];
  const isModule = node !== CLIENTS && node !== GATEWAY;
  const hosting = now.processes.filter(({ modules }) => modules.includes(node));
  const ready = hosting.filter(({ gone, state }) => !gone && state === 'ready').length;
  const wellness = ready > 0 && ready === hosting.length ? 'ready' : 'unwell';
  return (
    <g className={isModule ? wellness : ''}>
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
