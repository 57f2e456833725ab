import { dashboard, pageOf, serviceVariable } from '../lib/dashboard.js';
import { graph, stat, states } from '../lib/panel.js';
import {
  API,
  FIRING,
  JOB,
  SELECTED_SERVICE,
  failedShare,
  increase,
  max,
  prom,
  quantile,
  rate,
  series,
  sum,
} from '../lib/queries.js';
import { budgetPanels, levelPanels, toService } from './overview-slo.js';
import { table } from '../lib/tables.js';
import { above, below, BAD, BY_SERVICE, GOOD, RUNBOOKS } from '../lib/theme.js';

const now = [
  stat({
    title: 'Requests',
    description: 'API requests a second, all services together.',
    unit: 'reqps',
    queries: [prom(rate('', 'http_requests_total', API))],
  }),
  stat({
    title: 'Orders confirmed',
    description: 'Orders confirmed in the last hour. None while requests come in is bad.',
    unit: 'short',
    decimals: 0,
    queries: [prom(increase('1h', '', 'order_processing_duration_seconds_count'))],
    link: { title: 'Orders', url: pageOf('waybill-orders') },
  }),
  stat({
    title: 'Firing alerts',
    description: 'Alerts that fire now; they are listed below, and each has a runbook.',
    unit: 'short',
    queries: [prom(`count(${FIRING}) or vector(0)`)],
    limits: above(1),
  }),
  stat({
    title: 'Services present',
    runbook: 'service-down',
    description: 'Services that some process tells of, of six. Fewer: nobody hosts the others.',
    unit: 'short',
    queries: [prom(`count(count by (service) (${series('process_start_time_seconds', JOB)}))`)],
    limits: below(6),
  }),
  stat({
    title: 'Processes down',
    runbook: 'instance-down',
    description: 'Processes that Prometheus cannot reach. Above 0 something died, hangs, or was scaled away.',
    unit: 'short',
    queries: [prom(`count(${series('up', JOB)}) - sum(${series('up', JOB)})`)],
    limits: above(1),
  }),
  stat({
    title: 'Dead letters',
    runbook: 'dead-letters',
    description:
      'Events that a consumer has given up. Each is an effect that is missing until it is retried.',
    unit: 'short',
    queries: [prom(sum('', max('service', 'events_dead_letters')))],
    limits: above(1),
    link: { title: 'Messaging', url: pageOf('waybill-messaging') },
  }),
];

const services = [
  graph({
    title: 'Request rate by service',
    description: 'API requests a second. A sudden drop is as bad as a flood.',
    unit: 'reqps',
    queries: [prom(rate('service', 'http_requests_total', API, SELECTED_SERVICE), '{{service}}')],
    colours: BY_SERVICE,
    link: toService,
  }),
  graph({
    title: 'Error ratio by service',
    runbook: 'error-ratio-high',
    description: 'Share of API requests that failed (5xx). Above 1 % people notice.',
    unit: 'percentunit',
    queries: [prom(failedShare('service', SELECTED_SERVICE), '{{service}}')],
    limits: above(0.01),
    colours: BY_SERVICE,
    link: toService,
  }),
  graph({
    title: 'p95 by service',
    runbook: 'latency-high',
    description:
      '95 of 100 API requests are answered at least this fast. Dots are single requests: click for a trace.',
    unit: 's',
    queries: [
      prom(quantile(0.95, 'service', 'http_request_duration_seconds', API, SELECTED_SERVICE), '{{service}}'),
    ],
    limits: above(0.5),
    colours: BY_SERVICE,
    link: toService,
  }),
  graph({
    title: 'Orders',
    description:
      'Orders a second, created and confirmed. The lines lie on each other unless orders fail or wait.',
    unit: 'ops',
    queries: [
      prom(rate('', 'orders_created_total'), 'created'),
      prom(rate('', 'order_processing_duration_seconds_count'), 'confirmed'),
    ],
  }),
  ...budgetPanels,
];

const processes = [
  graph({
    title: 'Instances by service',
    runbook: 'service-down',
    description: 'Processes that host each service. 0 or a missing line: nobody does.',
    unit: 'short',
    queries: [
      prom(
        `count by (service) (${series('process_start_time_seconds', JOB, SELECTED_SERVICE)})`,
        '{{service}}',
      ),
    ],
    colours: BY_SERVICE,
  }),
  states({
    title: 'Processes up',
    runbook: 'instance-down',
    description: 'Whether Prometheus reaches each process. Red: it died, hangs, or was scaled away.',
    unit: 'none',
    width: 16,
    queries: [prom(max('instance', 'up', JOB), '{{instance}}')],
    states: { 0: { text: 'down', color: BAD }, 1: { text: 'up', color: GOOD } },
    limits: below(1),
  }),
  table({
    title: 'Firing alerts',
    description: 'What is wrong now. The name leads to the runbooks; no row is the good news.',
    height: 7,
    columns: [{ name: 'Firing', expr: FIRING, unit: 'none' }],
    without: ['__name__', 'alertstate', 'job'],
    link: { column: 'alertname', title: 'Runbook', url: RUNBOOKS },
  }),
];

export const overview = () =>
  dashboard({
    uid: 'waybill-overview',
    title: 'Waybill: overview',
    description: 'Whether Waybill keeps its promises, and if not, which service to look at.',
    variables: [serviceVariable()],
    since: '6h',
    sections: [
      { title: 'Service levels', panels: levelPanels },
      { title: 'Now', panels: now },
      { title: 'Services', panels: services },
      { title: 'Processes and alerts', panels: processes },
    ],
  });
