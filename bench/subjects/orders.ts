import type { SubjectName } from '../options.js';
import type { Setup } from '../stage/run.js';
import { measureOrders } from './measure.js';
import type { Subject } from './subject.js';
import { watchOperations } from './watcher.js';

/** The comparisons are made at the first one, so it comes first: then the tables are as small for all. */
export const COMPARED_AT = 256;
const ALL_LEVELS = [COMPARED_AT, 512, 64, 16, 1];

interface Kind {
  name: SubjectName;
  /** Of its rows; the number of connections is added. */
  label: string;
  setup: Setup;
  connections: readonly number[];
  /** Whether every order takes one same SKU. */
  hot?: boolean;
  /** Whether a member of staff has the operations page open. */
  watched?: boolean;
}

const KINDS: readonly Kind[] = [
  { name: 'one-process', label: 'one process', setup: {}, connections: ALL_LEVELS },
  { name: 'hot', label: 'one process, hot', setup: {}, connections: [COMPARED_AT], hot: true },
  {
    name: 'gateway',
    label: 'one process, gateway 45 ms',
    setup: { gatewayDelayMs: 45 },
    connections: [512],
  },
  { name: 'no-telemetry', label: 'no telemetry', setup: { telemetry: false }, connections: [COMPARED_AT] },
  { name: 'watched', label: 'one process, watched', setup: {}, connections: [COMPARED_AT], watched: true },
  { name: 'split', label: 'split', setup: { split: true }, connections: [COMPARED_AT] },
];

/** Waybill under a closed loop of orders. */
export const ORDER_SUBJECTS: readonly Subject[] = KINDS.map((kind) => ({
  name: kind.name,
  measure: ({ stage, options, step }) =>
    stage.run(kind.setup, async (run) => {
      const { label, connections, hot, watched } = kind;
      const { shop } = stage;
      const [first = ''] = shop.skus;
      const wanted = hot ? { hot: first } : {};
      const place = (count: number, seconds: number) =>
        measureOrders(run, { shop, arrivals: { connections: count }, seconds, ...wanted });
      const watcher = watched ? await watchOperations(run.waybill.url, shop.staffToken) : null;
      step(`${label}: warming up`);
      await place(connections[0] ?? COMPARED_AT, options.warmUpSeconds);
      const rows = [];
      for (const count of connections) {
        const row = rowName(label, count);
        step(row);
        rows.push({ name: row, figures: await place(count, options.seconds) });
      }
      watcher?.end();
      return rows;
    }),
}));

/** What a row is called: `one process, 256`. */
export function rowName(label: string, connections: number): string {
  return `${label}, ${connections}`;
}
