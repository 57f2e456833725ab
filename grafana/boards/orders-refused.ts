import { bars, graph } from '../lib/panel.js';
import { increase, max, prom, PRODUCT, rate, share, sum } from '../lib/queries.js';
import { above, below, BY_OUTCOME } from '../lib/theme.js';

const stock = (by: string) => sum(by, max('sku, warehouse', 'inventory_stock_level'));

export const shelves = [
  bars({
    title: 'Orders by status',
    runbook: 'saga-stuck',
    description: 'All orders there are. Pending ones that do not get fewer are stuck.',
    unit: 'short',
    queries: [prom(max('status', 'orders_by_status'), '{{status}}')],
  }),
  bars({
    title: 'Least available',
    description: 'The 15 SKUs with the fewest available units. At 0 orders for them are refused.',
    unit: 'short',
    queries: [prom(`bottomk(15, ${stock('sku')})`, '{{sku}}')],
    limits: below(1, 10),
  }),
  graph({
    title: 'Stock and low stock',
    runbook: 'stock-low',
    description: 'Units that can be sold, by warehouse, and how many items are at or under their threshold.',
    unit: 'short',
    queries: [
      prom(stock('warehouse'), '{{warehouse}}'),
      prom(max('', 'inventory_low_stock_items'), 'low items'),
    ],
  }),
];

export const refused = [
  graph({
    title: 'Declined payments',
    runbook: 'payment-declines-high',
    description:
      'Share of payments that the gateway refused. A jump: a broken gateway, or somebody tries cards.',
    unit: 'percentunit',
    queries: [
      prom(
        share(
          rate('', 'payments_processed_total', 'status="declined"'),
          rate('', 'payments_processed_total'),
        ),
        'declined',
      ),
    ],
    limits: above(0.2),
  }),
  graph({
    title: 'Out of stock by product',
    description:
      'Orders in the hour before that were refused because this was sold out: what is missed most.',
    unit: 'short',
    every: '1h',
    stack: true,
    queries: [
      prom(
        `topk(10, ${increase('1h', 'product', 'order_requests_total', 'status="out_of_stock"', PRODUCT)})`,
        '{{product}}',
      ),
    ],
  }),
  graph({
    title: 'How requests ended',
    description: 'Requests to place an order, by what became of them, counted for each product in them.',
    unit: 'reqps',
    stack: true,
    queries: [prom(rate('status', 'order_requests_total', PRODUCT), '{{status}}')],
    colours: BY_OUTCOME,
  }),
];
