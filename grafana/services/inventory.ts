import { bars, graph, stat } from '../lib/panel.js';
import { max, prom, quantile, rate, sum } from '../lib/queries.js';
import { above, below, BY_OUTCOME } from '../lib/theme.js';
import type { Own } from './common.js';

const available = (by: string, own: Own) => sum(by, max('sku, warehouse', 'inventory_stock_level', ...own));

export const inventoryPanels = (own: Own) => [
  graph({
    title: 'Reservations',
    description:
      'A second, by what came of them. Expired ones were neither committed nor released in time: orders were left behind.',
    unit: 'ops',
    queries: [prom(rate('outcome', 'inventory_reservations_total', ...own), '{{outcome}}')],
    colours: BY_OUTCOME,
  }),
  graph({
    title: 'Stock operations, p95',
    description:
      'Reserving is on the way of every order. Above 100 ms a hot SKU or the database is the bottleneck.',
    unit: 's',
    queries: [
      prom(quantile(0.95, 'operation', 'inventory_operations_duration_seconds', ...own), '{{operation}}'),
    ],
    limits: above(0.1, 0.5),
  }),
  graph({
    title: 'Stock operations',
    description: 'Operations on stock a second, by kind.',
    unit: 'ops',
    queries: [
      prom(rate('operation', 'inventory_operations_duration_seconds_count', ...own), '{{operation}}'),
    ],
  }),
  graph({
    title: 'REST requests by status',
    description: 'Requests to /inventory. 5xx are failures.',
    unit: 'reqps',
    stack: true,
    queries: [prom(rate('status', 'inventory_requests_total', ...own), '{{status}}')],
    colours: BY_OUTCOME,
  }),
  bars({
    title: 'Least available',
    description:
      'The 15 SKUs with the fewest available units, all warehouses together. At 0 orders are refused.',
    unit: 'short',
    queries: [prom(`bottomk(15, ${available('sku', own)})`, '{{sku}}')],
    limits: below(1, 10),
  }),
  graph({
    title: 'Available by warehouse',
    description: 'Units that can be sold. A line that only falls needs a delivery.',
    unit: 'short',
    queries: [prom(available('warehouse', own), '{{warehouse}}')],
  }),
  stat({
    title: 'Items low on stock',
    runbook: 'stock-low',
    description: 'Items at or under their threshold: `GET /inventory/alerts` lists them.',
    unit: 'short',
    queries: [prom(max('', 'inventory_low_stock_items', ...own))],
    limits: above(1),
  }),
];
