import { CustomVariableBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboard, serviceVariable, textVariable } from '../lib/dashboard.js';
import { graph, stat } from '../lib/panel.js';
import { logql, readable, SELECTED_SERVICE } from '../lib/queries.js';
import { logs, traces } from '../lib/tables.js';
import { above, BY_OUTCOME, BY_SERVICE } from '../lib/theme.js';

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
const SELECTED = `{${SELECTED_SERVICE}, level=~"$level"}`;
const ERRORS = `{${SELECTED_SERVICE}, level=~"error|fatal"}`;
const ANY = '{service=~".+"}';
const count = (by: string, query: string) => `sum by (${by}) (count_over_time(${query} [$__auto]))`;
/** Lines with exactly this value. The first filter is the fast one; without a value there are none. */
const linesOf = (field: string, variable: string) =>
  `${readable(`${ANY} |= "$${variable}"`)} | ${field}="$${variable}" | ${field}!=""`;

const levelVariable = () =>
  new CustomVariableBuilder('level')
    .label('Level')
    .values(LEVELS.join(','))
    .multi(true)
    .includeAll(true)
    .allValue('.+')
    .current({ selected: true, text: ['All'], value: ['$__all'] });

const volume = [
  graph({
    title: 'Lines by level',
    description: 'Red is what somebody has to look at; much more of anything than usual is worth a look too.',
    unit: 'short',
    width: 12,
    every: '15s',
    stack: true,
    queries: [logql(count('level', SELECTED), '{{level}}')],
    colours: BY_OUTCOME,
  }),
  graph({
    title: 'Lines by service',
    description: 'Which service talks how much. One that falls silent may be gone.',
    unit: 'short',
    width: 12,
    every: '15s',
    stack: true,
    queries: [logql(count('service', SELECTED), '{{service}}')],
    colours: BY_SERVICE,
  }),
  stat({
    title: 'Errors',
    description: 'Error lines in the time range. Each tells of something that did not work and should.',
    unit: 'short',
    queries: [logql(`sum(count_over_time(${ERRORS} [$__range]))`)],
    limits: above(1, 100),
  }),
  graph({
    title: 'Errors by service',
    description: 'Error lines. All services at once: something that they share is away.',
    unit: 'short',
    width: 10,
    height: 7,
    every: '15s',
    stack: true,
    queries: [logql(count('service', ERRORS), '{{service}}')],
    colours: BY_SERVICE,
  }),
  graph({
    title: 'Errors by type',
    description: 'What the errors are: the type of what was thrown.',
    unit: 'short',
    width: 10,
    height: 7,
    every: '15s',
    stack: true,
    queries: [logql(count('error_type', `${ERRORS} | json | __error__=""`), '{{error_type}}')],
  }),
];

const lines = [
  logs({
    title: 'Log',
    description:
      'Lines of the chosen services and levels that have the text in them. Open a line for its fields and trace.',
    query: readable(`${SELECTED} |~ "(?i)$text"`),
  }),
];

const single = [
  logs({
    title: 'Log of one order',
    description: 'Every line of every service that tells of the order whose id is in the field above.',
    width: 12,
    query: linesOf('order_id', 'order'),
  }),
  logs({
    title: 'Log of one trace',
    description: 'Every line of every service that belongs to the trace whose id is in the field above.',
    width: 12,
    query: linesOf('trace_id', 'trace'),
  }),
  traces({
    title: 'Traces of the order',
    description:
      'Requests, calls and events that touched the order: its placing, its settling, what came after.',
    width: 24,
    query:
      '{ span.waybill.order.id = "$order" } | select(span.waybill.order.id, span.http.response.status_code)',
  }),
];

export const logsDashboard = () =>
  dashboard({
    uid: 'waybill-logs',
    title: 'Waybill: logs',
    description: 'What the services say: how much, what is wrong, and all of one order or one trace.',
    variables: [
      serviceVariable(),
      levelVariable(),
      textVariable('text', 'Text'),
      textVariable('order', 'Order id'),
      textVariable('trace', 'Trace id'),
    ],
    sections: [
      { title: 'How much', panels: volume },
      { title: 'Lines', panels: lines },
      { title: 'One order, one trace', panels: single },
    ],
  });
