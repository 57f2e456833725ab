import { bars, graph } from '../lib/panel.js';
import { increase, prom, quantiles, series, share } from '../lib/queries.js';
import { above, below } from '../lib/theme.js';

/**
 * How far orders come. A workflow that is taken up again repeats its steps, and they are counted again: after a
 * crash a step may show a little more than the one before it.
 */
const STEPS = {
  created: 'orders_created_total',
  reserved: series('saga_step_duration_seconds_count', 'step="reserve stock"', 'outcome="ok"'),
  paid: series('saga_step_duration_seconds_count', 'step="take payment"', 'outcome="ok"'),
  confirmed: 'order_processing_duration_seconds_count',
};

export const orderFlow = [
  bars({
    title: 'How far orders come',
    description:
      'Orders of the time range that reached each step. A large difference is where they are lost.',
    unit: 'short',
    decimals: 0,
    queries: Object.entries(STEPS).map(([step, counter]) => prom(increase('$__range', '', counter), step)),
  }),
  graph({
    title: 'Conversion by step',
    description:
      'Share of the orders created in the hour before that reached each step. Reserved falls: sold out. Paid falls: declines.',
    unit: 'percentunit',
    queries: Object.entries(STEPS)
      .slice(1)
      .map(([step, counter]) =>
        prom(share(increase('1h', '', counter), increase('1h', '', STEPS.created)), step),
      ),
    limits: below(0.8),
  }),
  graph({
    title: 'Time to confirmed',
    description:
      'From created to confirmed. The usual is well below a second. Dots are single orders: click for a trace.',
    unit: 's',
    queries: quantiles('order_processing_duration_seconds'),
    limits: above(5),
  }),
];
