import type { Section } from '../lib/dashboard.js';
import { graph } from '../lib/panel.js';
import { API, failedShare, mean, prom, quantile, quantiles, rate } from '../lib/queries.js';
import { table } from '../lib/tables.js';
import { above, BY_OUTCOME } from '../lib/theme.js';
import type { Own } from './common.js';

export const http = (own: Own): Section => ({
  title: 'HTTP',
  panels: [
    graph({
      title: 'Requests by status',
      description: '4xx: refused, the caller has to change something. 5xx: failed, we have to.',
      unit: 'reqps',
      stack: true,
      queries: [prom(rate('status', 'http_requests_total', API, ...own), '{{status}}')],
      colours: BY_OUTCOME,
    }),
    graph({
      title: 'Duration',
      runbook: 'latency-high',
      description:
        'Of API requests. The objective is p95 below 500 ms. Dots are single requests: click for a trace.',
      unit: 's',
      queries: quantiles('http_request_duration_seconds', API, ...own),
      limits: above(0.5),
    }),
    graph({
      title: 'Error ratio by route',
      runbook: 'error-ratio-high',
      description: 'Share of requests to each route that fail (5xx). Bad from 1 % on.',
      unit: 'percentunit',
      queries: [prom(failedShare('method, endpoint', ...own), '{{method}} {{endpoint}}')],
      limits: above(0.01),
    }),
    table({
      title: 'Routes',
      description: 'Every API route that is asked: how often, how many requests fail, how long they take.',
      columns: [
        {
          name: 'Requests a second',
          expr: rate('method, endpoint', 'http_requests_total', API, ...own),
          unit: 'reqps',
        },
        {
          name: 'Errors',
          expr: failedShare('method, endpoint', ...own),
          unit: 'percentunit',
          limits: above(0.001, 0.01),
        },
        {
          name: 'Mean',
          expr: mean('method, endpoint', 'http_request_duration_seconds', API, ...own),
          unit: 's',
        },
        {
          name: 'p95',
          expr: quantile(0.95, 'method, endpoint', 'http_request_duration_seconds', API, ...own),
          unit: 's',
          limits: above(0.3, 0.5),
        },
      ],
    }),
  ],
});
