import { graph, stat } from '../lib/panel.js';
import { increase, max, prom, quantile, rate } from '../lib/queries.js';
import { above, BY_OUTCOME } from '../lib/theme.js';
import type { Own } from './common.js';

export const userPanels = (own: Own) => [
  graph({
    title: 'Logins',
    description: 'Attempts a second. Many failures or throttled ones from nowhere: somebody tries passwords.',
    unit: 'ops',
    queries: [prom(rate('status', 'login_attempts_total', ...own), '{{status}}')],
    colours: BY_OUTCOME,
  }),
  graph({
    title: 'Token checks of all services',
    description:
      'A second, whichever module was asked. Unavailable: neither the keys nor the ended sessions could be had, and requests get 503.',
    unit: 'ops',
    queries: [prom(rate('result', 'auth_validations_total'), '{{result}}')],
    colours: BY_OUTCOME,
  }),
  graph({
    title: 'Tokens issued',
    description: 'Access tokens a second, by login and by refresh.',
    unit: 'ops',
    queries: [prom(rate('', 'jwt_tokens_issued_total', ...own), 'issued')],
  }),
  graph({
    title: 'Requests by URI',
    description: 'As Spring names them, for dashboards that know those names.',
    unit: 'reqps',
    queries: [prom(rate('method, uri', 'http_server_requests_seconds_count', ...own), '{{method}} {{uri}}')],
  }),
  graph({
    title: 'Duration by URI, p95',
    description:
      'Logins take the time that hashing a password takes, on purpose. The rest: bad from 500 ms on.',
    unit: 's',
    queries: [
      prom(quantile(0.95, 'method, uri', 'http_server_requests_seconds', ...own), '{{method}} {{uri}}'),
    ],
    limits: above(0.5),
  }),
  stat({
    title: 'Open sessions',
    description: 'Sessions that could be refreshed now.',
    unit: 'short',
    queries: [prom(max('', 'active_sessions_current', ...own))],
  }),
  stat({
    title: 'Registered',
    description: 'Users who registered in this time range.',
    unit: 'short',
    decimals: 0,
    queries: [prom(increase('$__range', '', 'users_registered_total', ...own))],
  }),
];
