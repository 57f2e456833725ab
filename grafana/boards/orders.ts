import { dashboard, labelVariable } from '../lib/dashboard.js';
import { CURRENCIES, MINOR } from '../lib/money.js';
import { orderFlow } from './orders-flow.js';
import { stat } from '../lib/panel.js';
import { increase, prom, share } from '../lib/queries.js';
import { below } from '../lib/theme.js';
import { refused, shelves } from './orders-refused.js';
import { sales } from './orders-sales.js';

const whole = (metric: string, ...matchers: string[]) => increase('$__range', '', metric, ...matchers);

const totals = [
  stat({
    title: 'Orders',
    description: 'Orders created in the time range.',
    unit: 'short',
    decimals: 0,
    queries: [prom(whole('orders_created_total'))],
  }),
  stat({
    title: 'Confirmed',
    description:
      'Share of the orders of the time range that were confirmed. Far below the usual: look at the steps.',
    unit: 'percentunit',
    decimals: 1,
    queries: [prom(share(whole('order_processing_duration_seconds_count'), whole('orders_created_total')))],
    limits: below(0.8, 0.9),
  }),
  stat({
    title: 'Revenue',
    description: 'Of the orders confirmed in the time range.',
    unit: 'short',
    units: CURRENCIES,
    queries: [prom(`${increase('$__range', 'currency', 'order_revenue_total')} / ${MINOR}`, '{{currency}}')],
  }),
  stat({
    title: 'Average order',
    description: 'Revenue by confirmed order; where there are several currencies, by the orders of all.',
    unit: 'short',
    units: CURRENCIES,
    queries: [
      prom(
        `${increase('$__range', 'currency', 'order_revenue_total')} / ${MINOR} / scalar(${whole('order_processing_duration_seconds_count')} > 0)`,
        '{{currency}}',
      ),
    ],
  }),
  stat({
    title: 'Captured',
    description: 'Money that the gateway took. Orders cancelled later are in it, and in the refunds.',
    unit: 'short',
    units: CURRENCIES,
    queries: [prom(`${increase('$__range', 'currency', 'payment_amount_total')} / ${MINOR}`, '{{currency}}')],
  }),
  stat({
    title: 'Refunds',
    description: 'Refunds in the time range.',
    unit: 'short',
    decimals: 0,
    queries: [prom(whole('refunds_processed_total'))],
  }),
];

export const orders = () =>
  dashboard({
    uid: 'waybill-orders',
    title: 'Waybill: orders',
    description: 'Orders as a business: how many, for how much, of what, and where they are lost on the way.',
    variables: [labelVariable('product', 'Product', 'order_requests_total')],
    since: '24h',
    sections: [
      { title: 'In this time range', panels: totals },
      { title: 'Sales', panels: sales },
      { title: 'On the way', panels: orderFlow },
      { title: 'Refused', panels: refused },
      { title: 'Shelves', panels: shelves },
    ],
  });
