import { graph, stat } from '../lib/panel.js';
import { max, prom, quantiles, rate, sum, series } from '../lib/queries.js';
import { above, BY_OUTCOME } from '../lib/theme.js';
import type { Own } from './common.js';

export const notificationPanels = (own: Own) => [
  graph({
    title: 'Notifications by outcome',
    runbook: 'notifications-failing',
    description: 'A second. Suppressed: the user turned that kind off. Failed: nobody will be told any more.',
    unit: 'ops',
    queries: [prom(rate('status, type', 'notifications_sent_total', ...own), '{{status}} {{type}}')],
    colours: BY_OUTCOME,
  }),
  graph({
    title: 'Waiting to be sent',
    runbook: 'notification-queue-growing',
    description:
      'Notifications in the queue. A number that grows: the mail or SMS server is away or too slow.',
    unit: 'short',
    queries: [prom(max('', 'notification_queue_size', ...own), 'waiting')],
    limits: above(100, 1000),
  }),
  graph({
    title: 'Sending a mail',
    description: 'How long the mail server takes. Above a few seconds the queue grows under load.',
    unit: 's',
    queries: quantiles('email_send_duration_seconds', ...own),
    limits: above(5),
  }),
  graph({
    title: 'WebSocket connections',
    description: 'Open connections, by instance. A sudden drop: a restart, or the proxy cut them.',
    unit: 'short',
    stack: true,
    queries: [prom(sum('instance', series('websocket_connections_current', ...own)), '{{instance}}')],
  }),
  stat({
    title: 'People connected',
    description: 'Open WebSocket connections, all instances together.',
    unit: 'short',
    queries: [prom(sum('', series('websocket_connections_current', ...own)))],
  }),
];
