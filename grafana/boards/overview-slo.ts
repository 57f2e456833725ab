import { pageOf } from '../lib/dashboard.js';
import { bars, graph, stat } from '../lib/panel.js';
import { API, prom, quantileOver, SELECTED_SERVICE, series } from '../lib/queries.js';
import { above, below, BY_SERVICE } from '../lib/theme.js';

/**
 * The objectives: 99.9 % of API requests do not fail, 95 % take no longer than 500 ms, each over 30 days. From the
 * series that Prometheus records for the alerts (recording.yml): the counters themselves would be read for seconds,
 * again and again. A sum of recorded rates is a count, but for a factor that a ratio does not have.
 */
const ALLOWED = 0.001;
const over = (window: string, what: 'http_requests' | 'http_requests_failed' | 'http_requests_slow') =>
  `sum_over_time(${series(`service:${what}:rate5m`, SELECTED_SERVICE)}[${window}])`;
const failedOver = (window: string) =>
  `sum(${over(window, 'http_requests_failed')}) / (sum(${over(window, 'http_requests')}) > 0)`;
const slowOver = (window: string) =>
  `sum(${over(window, 'http_requests_slow')}) / (sum(${over(window, 'http_requests')}) > 0)`;
const burnRate = (budget: 'error' | 'latency', window: string) =>
  series(`service:${budget}_budget:burn_rate${window}`, SELECTED_SERVICE);

/** For series by service. */
export const toService = {
  title: 'Dashboard of ${__field.labels.service}',
  url: pageOf('waybill-${__field.labels.service}'),
};

export const levelPanels = [
  stat({
    title: 'Availability, 30 days',
    runbook: 'error-budget-burn',
    description: 'Share of API requests that did not fail (5xx). The objective is 99.9 %.',
    unit: 'percentunit',
    decimals: 3,
    queries: [prom(`1 - ${failedOver('30d')}`)],
    limits: below(0.999, 0.9993),
  }),
  stat({
    title: 'Error budget left',
    runbook: 'error-budget-burn',
    description:
      'What is left of the 0.1 % of requests that may fail within 30 days. At 0 the objective is missed: nothing risky is released until it recovers.',
    unit: 'percentunit',
    decimals: 1,
    queries: [prom(`1 - ${failedOver('30d')} / ${ALLOWED}`)],
    limits: below(0, 0.25),
  }),
  stat({
    title: 'Within 500 ms, 30 days',
    runbook: 'latency-budget-burn',
    description:
      'Share of API requests answered within 500 ms. The objective is 95 %, that is p95 below 500 ms.',
    unit: 'percentunit',
    decimals: 2,
    queries: [prom(`1 - ${slowOver('30d')}`)],
    limits: below(0.95, 0.97),
  }),
  stat({
    title: 'p95, last hour',
    runbook: 'latency-high',
    description:
      '95 of 100 API requests of the last hour were answered at least this fast. Bad from 500 ms on.',
    unit: 's',
    queries: [prom(quantileOver('1h', 0.95, '', 'http_request_duration_seconds', API, SELECTED_SERVICE))],
    limits: above(0.3, 0.5),
  }),
  stat({
    title: 'Errors, last hour',
    runbook: 'error-ratio-high',
    description: 'Share of API requests of the last hour that failed (5xx). Bad from 1 % on.',
    unit: 'percentunit',
    decimals: 2,
    queries: [prom(failedOver('1h'))],
    limits: above(ALLOWED, 0.01),
  }),
  stat({
    title: 'Burn rate, last hour',
    runbook: 'error-budget-burn',
    description:
      'How fast the service that is worst off spends its error budget: at 1 it lasts 30 days exactly, at 14.4 two. From 14.4 on somebody is called.',
    unit: 'none',
    decimals: 1,
    queries: [prom(`max(${burnRate('error', '1h')})`)],
    limits: above(6, 14.4),
  }),
];

export const budgetPanels = [
  graph({
    title: 'Error budget: burn rate',
    runbook: 'error-budget-burn',
    description:
      'How many times too fast each service spends its error budget, over an hour and over six. The short one above 14.4, or the long one above 6: act now. Above 1 for days: act this week.',
    unit: 'none',
    queries: [
      prom(burnRate('error', '1h'), '{{service}}, 1 h'),
      prom(burnRate('error', '6h'), '{{service}}, 6 h'),
    ],
    limits: above(6, 14.4),
    colours: BY_SERVICE,
    link: toService,
  }),
  graph({
    title: 'Latency budget: burn rate',
    runbook: 'latency-budget-burn',
    description:
      'How many times too fast each service spends the 5 % of its requests that may take longer than 500 ms.',
    unit: 'none',
    queries: [
      prom(burnRate('latency', '1h'), '{{service}}, 1 h'),
      prom(burnRate('latency', '6h'), '{{service}}, 6 h'),
    ],
    limits: above(6, 14.4),
    colours: BY_SERVICE,
    link: toService,
  }),
  bars({
    title: 'Error budget left by service',
    runbook: 'error-budget-burn',
    description: 'What is left of the 0.1 % of requests that may fail within 30 days, service by service.',
    unit: 'percentunit',
    max: 1,
    queries: [
      prom(
        `1 - ${over('30d', 'http_requests_failed')} / (${over('30d', 'http_requests')} > 0) / ${ALLOWED}`,
        '{{service}}',
      ),
    ],
    limits: below(0, 0.25),
    link: toService,
  }),
];
