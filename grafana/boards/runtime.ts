import { dashboard, instanceVariable, serviceVariable } from '../lib/dashboard.js';
import { graph } from '../lib/panel.js';
import { JOB, prom, rate, SELECTED_INSTANCE, SELECTED_SERVICE, series, share, sum } from '../lib/queries.js';
import { above } from '../lib/theme.js';
import { memory } from './runtime-memory.js';
import { processes } from './runtime-processes.js';

const SELECTED = [SELECTED_SERVICE, SELECTED_INSTANCE];
const NODE = [JOB, ...SELECTED];
const pool = (by: string, metric: string, ...matchers: string[]) =>
  sum(by, series(metric, ...matchers, ...SELECTED));

const pools = [
  graph({
    title: 'Database connections',
    description: 'Of all pools. All used and some waiting: requests wait for each other.',
    unit: 'short',
    queries: [prom(pool('state', 'db_client_connection_count'), '{{state}}')],
  }),
  graph({
    title: 'Pools in use',
    runbook: 'database-pool-saturated',
    description: 'Share of each service’s pool in each instance that is used.',
    unit: 'percentunit',
    max: 1,
    queries: [
      prom(
        `${pool('service, instance', 'db_client_connection_count', 'state="used"')} / ${pool('service, instance', 'db_client_connection_max')}`,
        '{{service}} {{instance}}',
      ),
    ],
    limits: above(0.8, 0.95),
  }),
  graph({
    title: 'Waiting for a connection',
    runbook: 'database-pool-exhausted',
    description:
      'Work that waits for a pool. Above 0 for long: the pool is too small, or statements too slow.',
    unit: 'short',
    queries: [
      prom(pool('service, instance', 'db_client_connection_pending_requests'), '{{service}} {{instance}}'),
    ],
    limits: above(10),
  }),
  graph({
    title: 'Cache hits',
    description: 'Share of what was asked of each cache and was there.',
    unit: 'percentunit',
    max: 1,
    queries: [
      prom(
        share(
          rate('cache', 'cache_requests_total', 'result="hit"', ...SELECTED),
          rate('cache', 'cache_requests_total', ...SELECTED),
        ),
        '{{cache}}',
      ),
    ],
  }),
  graph({
    title: 'Spans dropped',
    runbook: 'telemetry-spans-dropped',
    description:
      'Spans a second that reached no collector. Above 0 traces have holes: the collector is away or too slow.',
    unit: 'ops',
    queries: [
      prom(rate('reason, service', 'telemetry_spans_dropped_total', ...SELECTED), '{{reason}} {{service}}'),
    ],
    limits: above(0.001),
  }),
];

export const runtime = () =>
  dashboard({
    uid: 'waybill-runtime',
    title: 'Waybill: runtime',
    description:
      'The processes themselves: CPU, memory, event loop, handles, pools. A process counts once, however many services it hosts.',
    variables: [serviceVariable(), instanceVariable(SELECTED_SERVICE)],
    sections: [
      { title: 'Processes', panels: processes(NODE) },
      { title: 'Memory', panels: memory(NODE) },
      { title: 'Pools, caches, telemetry', panels: pools },
    ],
  });
