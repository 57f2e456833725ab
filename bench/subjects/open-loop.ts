import type { Run } from '../stage/run.js';
import { measureOrders } from './measure.js';
import { COMPARED_AT } from './orders.js';
import { known, type Row, type Subject } from './subject.js';

/** Of what a closed loop reaches: percent. */
const SHARES = [25, 50, 75, 90];
const HALF = 50;
const FIXED_RATE = 1000;

export const atShare = (percent: number) => `open loop, ${percent} %`;
export const HALF_LOAD = atShare(HALF);
export const AT_FIXED_RATE = 'open loop, 1000/s';

/** Customers who come whether or not the ones before them were served, at rising rates. */
export const OPEN_LOOP: Subject = {
  name: 'open-loop',
  measure: ({ stage, options, step }) =>
    stage.run({}, async (run) => {
      const { seconds } = options;
      const { shop } = stage;
      step('open loop: finding the rate of the closed loop');
      const closed = { shop, arrivals: { connections: COMPARED_AT } };
      await measureOrders(run, { ...closed, seconds: options.warmUpSeconds });
      const { rate = 0 } = await measureOrders(run, { ...closed, seconds });
      const rows: Row[] = [];
      const measureAt = async (name: string, wanted: number) => {
        step(`${name}: ${Math.round(wanted)} a second`);
        const since = await now(run);
        const figures = await measureOrders(run, { shop, arrivals: { rate: wanted }, seconds });
        rows.push({ name, figures: known({ ...figures, eventsP99: await eventsP99(run, since) }) });
      };
      for (const share of SHARES) await measureAt(atShare(share), (rate * share) / 100);
      await measureAt(AT_FIXED_RATE, FIXED_RATE);
      return rows;
    }),
};

async function now(run: Run): Promise<Date> {
  const [row] = await run.admin.sql<{ now: Date }>('SELECT clock_timestamp() AS now');
  return row?.now ?? new Date();
}

/** From the confirmation of an order until a notification of it is recorded. Both clocks are this machine's. */
async function eventsP99(run: Run, since: Date): Promise<number | null> {
  const [row] = await run.admin.sql<{ ms: number | null }>(
    `SELECT percentile_cont(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM n.created_at - h.at) * 1000)::float8 AS ms
     FROM orders.order_history h JOIN notifications.notifications n ON n.order_id = h.order_id
     WHERE h.to_status = 'confirmed' AND h.at >= $1 AND n.type = 'email' AND n.template = 'order-confirmed'`,
    [since],
  );
  return row?.ms ?? null;
}
