import type { Section } from '../lib/dashboard.js';
import { graph, stat } from '../lib/panel.js';
import {
  API,
  JOB,
  failedShare,
  max,
  prom,
  quantile,
  rate,
  readable,
  series,
  share,
  sum,
} from '../lib/queries.js';
import { logs } from '../lib/tables.js';
import { above, below } from '../lib/theme.js';

/** Matchers of one service, of the instances that are looked at. */
export type Own = readonly string[];

export const glance = (own: Own): Section => ({
  title: 'At a glance',
  panels: [
    stat({
      title: 'Instances',
      runbook: 'service-down',
      description:
        'Processes that host the service. One can die without anybody noticing only where there are two.',
      unit: 'short',
      queries: [prom(`count(${series('process_start_time_seconds', JOB, ...own)})`)],
      limits: below(1),
    }),
    stat({
      title: 'Requests',
      description: 'API requests a second, all instances together.',
      unit: 'reqps',
      queries: [prom(rate('', 'http_requests_total', API, ...own))],
    }),
    stat({
      title: 'Errors',
      runbook: 'error-ratio-high',
      description: 'Share of API requests that fail (5xx). Bad from 1 % on.',
      unit: 'percentunit',
      decimals: 2,
      queries: [prom(failedShare('', ...own))],
      limits: above(0.001, 0.01),
    }),
    stat({
      title: 'p95',
      runbook: 'latency-high',
      description: '95 of 100 API requests are answered at least this fast. Bad from 500 ms on.',
      unit: 's',
      queries: [prom(quantile(0.95, '', 'http_request_duration_seconds', API, ...own))],
      limits: above(0.3, 0.5),
    }),
    stat({
      title: 'Database connections in use',
      runbook: 'database-pool-saturated',
      description: 'Share of the connection pools in use. At 100 % requests wait for each other.',
      unit: 'percentunit',
      queries: [
        prom(
          `sum(${series('db_client_connection_count', 'state="used"', ...own)}) / sum(${series('db_client_connection_max', ...own)})`,
        ),
      ],
      limits: above(0.8, 0.95),
    }),
    stat({
      title: 'Event loop lag, p99',
      runbook: 'event-loop-lag-high',
      description:
        'The longest that work waits for its turn in one of the processes. Above 100 ms something blocks.',
      unit: 's',
      queries: [prom(max('', 'nodejs_eventloop_lag_p99_seconds', JOB, ...own))],
      limits: above(0.1, 0.25),
    }),
  ],
});

export const resources = (own: Own, caches: boolean): Section => ({
  title: 'Resources',
  panels: [
    graph({
      title: 'Database connections',
      runbook: 'database-pool-exhausted',
      description: 'Used near the maximum, or anything waiting: requests wait for each other.',
      unit: 'short',
      queries: [
        prom(sum('state', series('db_client_connection_count', ...own)), '{{state}}'),
        prom(sum('', series('db_client_connection_max', ...own)), 'maximum'),
        prom(sum('', series('db_client_connection_pending_requests', ...own)), 'waiting'),
      ],
    }),
    graph({
      title: 'CPU',
      description:
        'Of each process that hosts the service; 100 % is one core, and all that JavaScript can use.',
      unit: 'percentunit',
      queries: [
        prom(
          `max by (instance) (rate(${series('process_cpu_seconds_total', JOB, ...own)}[$__rate_interval]))`,
          '{{instance}}',
        ),
      ],
      limits: above(0.9),
    }),
    graph({
      title: 'Memory',
      description:
        'Resident memory of each process that hosts the service. A line that only rises is a leak.',
      unit: 'bytes',
      queries: [prom(max('instance', 'process_resident_memory_bytes', JOB, ...own), '{{instance}}')],
    }),
    ...(caches ? [cacheHits(own)] : []),
  ],
});

const cacheHits = (own: Own) =>
  graph({
    title: 'Cache hits',
    description:
      'Share of what was asked of each cache and was there. A fall means more work for the database.',
    unit: 'percentunit',
    max: 1,
    queries: [
      prom(
        share(
          rate('cache', 'cache_requests_total', 'result="hit"', ...own),
          rate('cache', 'cache_requests_total', ...own),
        ),
        '{{cache}}',
      ),
    ],
  });

export const trouble = (service: string): Section => ({
  title: 'Log',
  panels: [
    logs({
      title: 'Warnings and errors',
      description: 'What the service complains of. A line opens its trace.',
      query: readable(`{service="${service}", level=~"warn|error|fatal"}`),
    }),
  ],
});
