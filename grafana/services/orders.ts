import { CURRENCIES, MINOR } from '../lib/money.js';
import { bars, graph, stat } from '../lib/panel.js';
import { increase, max, prom, quantile, quantiles, rate, series, sum } from '../lib/queries.js';
import { above, BY_OUTCOME } from '../lib/theme.js';
import type { Own } from './common.js';

export const orderPanels = (own: Own) => [
  graph({
    title: 'Orders created and confirmed',
    description: 'A second. What lies between the lines failed, or has not ended yet.',
    unit: 'ops',
    queries: [
      prom(rate('', 'orders_created_total', ...own), 'created'),
      prom(rate('', 'order_processing_duration_seconds_count', ...own), 'confirmed'),
    ],
  }),
  graph({
    title: 'POST /orders by outcome',
    description:
      'What became of each request, counted for each product in it. Declined and out of stock are business; unavailable is our failure.',
    unit: 'reqps',
    stack: true,
    queries: [prom(rate('status', 'order_requests_total', ...own), '{{status}}')],
    colours: BY_OUTCOME,
  }),
  graph({
    title: 'POST /orders, duration',
    description:
      'What the customer waits for. Bad from 500 ms on. Dots are single orders: click for a trace.',
    unit: 's',
    queries: quantiles('order_request_duration_seconds', ...own),
    limits: above(0.5),
  }),
  graph({
    title: 'POST /orders in flight',
    description:
      'How many orders are being placed, in all processes, and how many there may be. The bound falls when they take too long.',
    unit: 'short',
    queries: [
      prom(sum('', series('http_admission_in_flight', ...own)), 'in flight'),
      prom(sum('', series('http_admission_limit', ...own)), 'bound'),
    ],
  }),
  graph({
    title: 'Refused at the door',
    description: 'Requests a second that were answered with 503 at once, since too many were in flight.',
    unit: 'reqps',
    queries: [prom(rate('endpoint', 'http_requests_refused_total', ...own), '{{endpoint}}')],
  }),
  graph({
    title: 'From created to confirmed',
    description:
      'Also of orders that settled by themselves later: those take seconds to minutes, and should be few.',
    unit: 's',
    queries: quantiles('order_processing_duration_seconds', ...own),
    limits: above(5),
  }),
  graph({
    title: 'Workflow steps, p95',
    description: 'Which step an order waits in. Undone: taken back after a later step was refused.',
    unit: 's',
    queries: [prom(quantile(0.95, 'step', 'saga_step_duration_seconds', ...own), '{{step}}')],
    limits: above(3),
  }),
  graph({
    title: 'Workflow steps by outcome',
    description: 'A second. Unknown: the step may have happened, and is asked for again until that is clear.',
    unit: 'ops',
    queries: [
      prom(rate('outcome, step', 'saga_step_duration_seconds_count', ...own), '{{outcome}}: {{step}}'),
    ],
    colours: BY_OUTCOME,
  }),
  stat({
    title: 'Oldest unfinished workflow',
    runbook: 'saga-stuck',
    description:
      'Age of the oldest order that is neither confirmed nor failed. Given up after 5 minutes; older means that nobody can end it.',
    unit: 's',
    queries: [prom(max('', 'saga_oldest_seconds', ...own))],
    limits: above(120, 900),
  }),
  stat({
    title: 'Taken up by a sweeper',
    description: 'Orders of this time range whose process died or whose outcome was unknown. Few is usual.',
    unit: 'short',
    decimals: 0,
    queries: [prom(increase('$__range', '', 'saga_recovered_total', ...own))],
  }),
  stat({
    title: 'Revenue',
    description: 'Of the orders confirmed in this time range.',
    unit: 'short',
    units: CURRENCIES,
    width: 8,
    queries: [
      prom(`${increase('$__range', 'currency', 'order_revenue_total', ...own)} / ${MINOR}`, '{{currency}}'),
    ],
  }),
  bars({
    title: 'Orders by status',
    description: 'All orders there are. Pending ones that do not get fewer are stuck.',
    unit: 'short',
    queries: [prom(max('status', 'orders_by_status', ...own), '{{status}}')],
  }),
];
