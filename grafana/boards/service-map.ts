import { dashboard, serviceVariable, textVariable } from '../lib/dashboard.js';
import { graph } from '../lib/panel.js';
import { LOST, mean, prom, quantile, rate, SELECTED_SERVICE, share } from '../lib/queries.js';
import { serviceMap, table, traces } from '../lib/tables.js';
import { above } from '../lib/theme.js';

const EDGE = 'service, target';
const CALLS = 'rpc_client_duration_seconds';
const lostShare = share(
  rate(EDGE, `${CALLS}_count`, LOST, SELECTED_SERVICE),
  rate(EDGE, `${CALLS}_count`, SELECTED_SERVICE),
);
const edge = '{{service}} to {{target}}';
/** Of the graph that Tempo makes of spans. */
const GRAPH = 'traces_service_graph_request';

const map = [
  serviceMap({
    title: 'Who calls whom',
    description:
      'From traces: the same whether modules share a process or not. Red in a ring is the share of failed requests. Click a service for its traces.',
  }),
];

const edges = [
  graph({
    title: 'Calls by edge',
    description: 'Calls a second from one module to another.',
    unit: 'ops',
    queries: [prom(rate(EDGE, `${CALLS}_count`, SELECTED_SERVICE), edge)],
  }),
  graph({
    title: 'Failed calls by edge',
    description:
      'Share of calls that found nobody, or whose outcome is unknown. Refusals are answers, and not in it.',
    unit: 'percentunit',
    queries: [prom(lostShare, edge)],
    limits: above(0.01),
  }),
  graph({
    title: 'Latency by edge, p95',
    description: 'As the caller sees it. At 3 s it gives up.',
    unit: 's',
    queries: [prom(quantile(0.95, EDGE, CALLS, SELECTED_SERVICE), edge)],
    limits: above(3),
  }),
  table({
    title: 'Calls',
    description: 'Every call from module to module: how often, how many fail, how long they take.',
    columns: [
      {
        name: 'Calls a second',
        expr: rate(`${EDGE}, method`, `${CALLS}_count`, SELECTED_SERVICE),
        unit: 'ops',
      },
      {
        name: 'Failed',
        expr: share(
          rate(`${EDGE}, method`, `${CALLS}_count`, LOST, SELECTED_SERVICE),
          rate(`${EDGE}, method`, `${CALLS}_count`, SELECTED_SERVICE),
        ),
        unit: 'percentunit',
        limits: above(0.001, 0.01),
      },
      { name: 'Mean', expr: mean(`${EDGE}, method`, CALLS, SELECTED_SERVICE), unit: 's' },
      {
        name: 'p95',
        expr: quantile(0.95, `${EDGE}, method`, CALLS, SELECTED_SERVICE),
        unit: 's',
        limits: above(1, 3),
      },
    ],
  }),
];

const fromTraces = [
  graph({
    title: 'Requests by edge, from traces',
    description:
      'Events, the payment gateway and databases included. Fewer than the calls: traces are sampled or lost.',
    unit: 'reqps',
    queries: [prom(rate('client, server', `${GRAPH}_total`), '{{client}} to {{server}}')],
  }),
  graph({
    title: 'Failed requests by edge, from traces',
    description: 'Share of requests whose span ended with an error.',
    unit: 'percentunit',
    queries: [
      prom(
        share(rate('client, server', `${GRAPH}_failed_total`), rate('client, server', `${GRAPH}_total`)),
        '{{client}} to {{server}}',
      ),
    ],
    limits: above(0.01),
  }),
  graph({
    title: 'Latency by edge, from traces, p95',
    description: 'As the one who was asked sees it.',
    unit: 's',
    queries: [prom(quantile(0.95, 'client, server', `${GRAPH}_server_seconds`), '{{client}} to {{server}}')],
    limits: above(3),
  }),
];

const PLACING = 'name = "POST /api/v1/orders" && kind = server';
const COLUMNS = 'select(span.waybill.order.id, span.http.response.status_code)';

const searches = [
  traces({
    title: 'Slow orders',
    description:
      'Orders that took longer than the field above says. Click for the trace: the longest bar is the reason.',
    query: `{ ${PLACING} && duration > $slow } | ${COLUMNS}`,
  }),
  traces({
    title: 'Orders that were refused or failed',
    description: '402: declined. 409: sold out. 5xx: our failure.',
    query: `{ ${PLACING} && span.http.response.status_code >= 400 } | ${COLUMNS}`,
  }),
  traces({
    title: 'Spans that failed',
    description:
      'Of the chosen services: calls, statements, requests to the gateway that ended with an error.',
    query: '{ resource.service.name =~ "$service" && status = error }',
  }),
  traces({
    title: 'Orders with an unhappy gateway',
    description: 'Orders in whose trace a request to the payment gateway failed.',
    query: `{ ${PLACING} } && { resource.service.name = "payment-service" && kind = client && status = error }`,
  }),
];

export const serviceMapDashboard = () =>
  dashboard({
    uid: 'waybill-service-map',
    title: 'Waybill: service map',
    description: 'Who calls whom, how often, how long it takes, and the traces of what was slow or failed.',
    variables: [serviceVariable(), textVariable('slow', 'Slower than', '500ms')],
    sections: [
      { title: 'Map', panels: map },
      { title: 'Calls between modules', panels: edges },
      { title: 'From traces', panels: fromTraces },
      { title: 'Traces', panels: searches },
    ],
  });
