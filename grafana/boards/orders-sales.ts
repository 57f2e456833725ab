import { CURRENCIES, MINOR } from '../lib/money.js';
import { bars, graph } from '../lib/panel.js';
import { increase, prom, PRODUCT } from '../lib/queries.js';

export const sales = [
  graph({
    title: 'Orders by hour',
    description: 'Orders created in the hour before each bar.',
    unit: 'short',
    decimals: 0,
    width: 12,
    every: '1h',
    queries: [prom(increase('1h', '', 'orders_created_total'), 'orders')],
  }),
  graph({
    title: 'Revenue by hour',
    description: 'Of the orders confirmed in the hour before each bar.',
    unit: 'short',
    units: CURRENCIES,
    width: 12,
    every: '1h',
    stack: true,
    queries: [prom(`${increase('1h', 'currency', 'order_revenue_total')} / ${MINOR}`, '{{currency}}')],
  }),
  bars({
    title: 'Orders by product',
    description: 'The ten products in most of the confirmed orders of the time range.',
    unit: 'short',
    decimals: 0,
    queries: [
      prom(
        `topk(10, ${increase('$__range', 'product', 'order_requests_total', 'status="confirmed"', PRODUCT)})`,
        '{{product}}',
      ),
    ],
  }),
  bars({
    title: 'Revenue by product',
    description: 'The ten products that earned most in the time range.',
    unit: 'short',
    units: CURRENCIES,
    queries: [
      prom(
        `topk(10, ${increase('$__range', 'currency, product', 'order_product_revenue_total', PRODUCT)} / ${MINOR})`,
        '{{product}} {{currency}}',
      ),
    ],
  }),
  graph({
    title: 'Revenue of products by hour',
    description: 'The five best earners of each hour.',
    unit: 'short',
    units: CURRENCIES,
    every: '1h',
    stack: true,
    queries: [
      prom(
        `topk(5, ${increase('1h', 'currency, product', 'order_product_revenue_total', PRODUCT)} / ${MINOR})`,
        '{{product}} {{currency}}',
      ),
    ],
  }),
];
