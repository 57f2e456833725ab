import type { Target } from '../load/requests.js';
import type { Run } from '../stage/run.js';
import { latencyOf, measureOrders, nextSeed } from './measure.js';
import type { Figures, Row, Subject } from './subject.js';

const CONNECTIONS = 64;
/** Orders that are read: enough to be no hot spot. */
const ORDERS = 2000;

export const READ_ORDER = 'GET /api/v1/orders/:id';
export const READ_PRODUCTS = 'GET /api/v1/products';

/** What customers look at, each at what is theirs. */
export const READS: Subject = {
  name: 'reads',
  measure: ({ stage, options, step }) =>
    stage.run({}, async (run) => {
      const { warmUpSeconds, seconds } = options;
      step('reads: placing orders to be read');
      await measureOrders(run, {
        shop: stage.shop,
        arrivals: { connections: CONNECTIONS },
        seconds: warmUpSeconds,
      });
      const everybody = stage.shop.tokens.map((token) => ({ path: '/api/v1/products', token }));
      const rows: Row[] = [];
      for (const [name, targets] of [
        [READ_ORDER, await ordersOf(run)],
        [READ_PRODUCTS, everybody],
      ] as const) {
        step(`${name}: warming up`);
        await read(run, targets, warmUpSeconds);
        step(name);
        rows.push({ name, figures: await read(run, targets, seconds) });
      }
      return rows;
    }),
};

async function read(run: Run, targets: readonly Target[], seconds: number): Promise<Figures> {
  const result = await run.stage.load.run({
    url: run.waybill.url,
    traffic: { kind: 'reads', targets, seed: nextSeed() },
    arrivals: { connections: CONNECTIONS },
    seconds,
  });
  return { rate: (result.answers['200'] ?? 0) / result.seconds, ...latencyOf(result) };
}

async function ordersOf(run: Run): Promise<Target[]> {
  const orders = await run.admin.sql<{ id: string; buyer: number }>(
    `SELECT o.id, substring(u.email FROM '[0-9]+')::int AS buyer
     FROM orders.orders o JOIN users.users u ON u.id = o.user_id ORDER BY o.created_at DESC LIMIT $1`,
    [ORDERS],
  );
  const { tokens } = run.stage.shop;
  return orders.map(({ id, buyer }) => ({ path: `/api/v1/orders/${id}`, token: tokens[buyer] ?? '' }));
}
