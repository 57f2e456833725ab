import { graph } from '../lib/panel.js';
import { prom, quantiles, rate, share } from '../lib/queries.js';
import { above, BY_OUTCOME } from '../lib/theme.js';
import type { Own } from './common.js';

const PRICING = 'method="catalog.price"';

export const catalogPanels = (own: Own) => [
  graph({
    title: 'Prices asked for',
    description: 'Calls of the order workflow a second: every order asks once.',
    unit: 'ops',
    queries: [prom(rate('outcome', 'rpc_server_duration_seconds_count', PRICING, ...own), '{{outcome}}')],
    colours: BY_OUTCOME,
  }),
  graph({
    title: 'Pricing, duration',
    description: 'It is on the way of every order, and mostly answered from the cache. Bad above 100 ms.',
    unit: 's',
    queries: quantiles('rpc_server_duration_seconds', PRICING, ...own),
    limits: above(0.1),
  }),
  graph({
    title: 'Answered from the cache',
    description:
      'Share of what was asked of all caches of the catalogue. A fall means more work for the database.',
    unit: 'percentunit',
    max: 1,
    queries: [
      prom(
        share(
          rate('', 'cache_requests_total', 'result="hit"', ...own),
          rate('', 'cache_requests_total', ...own),
        ),
        'hits',
      ),
    ],
  }),
];
