import { dashboard, serviceVariable } from '../lib/dashboard.js';
import { graph, stat, states } from '../lib/panel.js';
import { max, prom, quantile, quantiles, rate, SELECTED_SERVICE, sum } from '../lib/queries.js';
import { BREAKER } from '../services/messages.js';
import { above, BY_OUTCOME, BY_SERVICE } from '../lib/theme.js';
import { broker } from './messaging-broker.js';

const breakers = max('service, target', 'circuit_breaker_state', SELECTED_SERVICE);
const glance = [
  stat({
    title: 'Not yet handed on',
    runbook: 'outbox-stuck',
    description: 'Events in all outboxes. They go out within a second or two; many means the broker is away.',
    unit: 'short',
    queries: [prom(sum('', max('service', 'outbox_pending', SELECTED_SERVICE)))],
    limits: above(100, 1000),
  }),
  stat({
    title: 'Oldest of them',
    runbook: 'outbox-stuck',
    description: 'Above a minute other modules do not hear of what happens.',
    unit: 's',
    queries: [prom(max('', 'outbox_oldest_seconds', SELECTED_SERVICE))],
    limits: above(60, 600),
  }),
  stat({
    title: 'Event lag, p95',
    description: 'From when an event happened to when it was taken in.',
    unit: 's',
    queries: [prom(quantile(0.95, '', 'event_lag_seconds', SELECTED_SERVICE))],
    limits: above(10, 60),
  }),
  stat({
    title: 'Dead letters',
    runbook: 'dead-letters',
    description: 'Events given up after many attempts: `npm run events -- dead-letters` lists them.',
    unit: 'short',
    queries: [prom(sum('', max('service', 'events_dead_letters', SELECTED_SERVICE)))],
    limits: above(1),
  }),
  stat({
    title: 'Breakers not closed',
    runbook: 'circuit-breaker-open',
    description: 'Callers that have stopped asking somebody because too many calls failed.',
    unit: 'short',
    queries: [prom(`count(${breakers} > 0) or vector(0)`)],
    limits: above(1),
  }),
  stat({
    title: 'Oldest unfinished workflow',
    runbook: 'saga-stuck',
    description: 'Age of the oldest order that is neither confirmed nor failed.',
    unit: 's',
    queries: [prom(max('', 'saga_oldest_seconds'))],
    limits: above(120, 900),
  }),
];

const events = [
  graph({
    title: 'Event lag by consumer, p95',
    description:
      'From when an event happened to when the service took it in. Seconds after a restart are usual.',
    unit: 's',
    queries: [prom(quantile(0.95, 'service', 'event_lag_seconds', SELECTED_SERVICE), '{{service}}')],
    limits: above(60),
    colours: BY_SERVICE,
  }),
  graph({
    title: 'Event lag',
    description: 'Of all events. p99 far above p50: single events are tried again and again.',
    unit: 's',
    queries: quantiles('event_lag_seconds', SELECTED_SERVICE),
    limits: above(60),
  }),
  graph({
    title: 'Dead letters by consumer',
    runbook: 'dead-letters',
    description: 'Events that the service gave up. Each is an effect that is missing until it is retried.',
    unit: 'short',
    queries: [prom(max('service', 'events_dead_letters', SELECTED_SERVICE), '{{service}}')],
    limits: above(1),
    colours: BY_SERVICE,
  }),
  graph({
    title: 'Published by event',
    description: 'Events a second that were handed on.',
    unit: 'eps',
    queries: [prom(rate('event', 'events_published_total', SELECTED_SERVICE), '{{event}}')],
  }),
  graph({
    title: 'Taken in by consumer',
    description: 'Events a second. An event is counted by each service that takes it in.',
    unit: 'eps',
    queries: [prom(rate('service', 'events_consumed_total', SELECTED_SERVICE), '{{service}}')],
    colours: BY_SERVICE,
  }),
  graph({
    title: 'Taken in by outcome',
    runbook: 'event-handlers-failing',
    description: 'Failed ones come again after 1, 2, 4 … seconds; dead ones wait for a person.',
    unit: 'eps',
    queries: [
      prom(rate('outcome, service', 'events_consumed_total', SELECTED_SERVICE), '{{outcome}} {{service}}'),
    ],
    colours: BY_OUTCOME,
  }),
  graph({
    title: 'Outbox by service',
    runbook: 'outbox-stuck',
    description:
      'Events not yet handed on. A number that grows: the broker is away, or the relay stands still.',
    unit: 'short',
    queries: [prom(max('service', 'outbox_pending', SELECTED_SERVICE), '{{service}}')],
    limits: above(1000),
    colours: BY_SERVICE,
  }),
  graph({
    title: 'Age of the outbox by service',
    runbook: 'outbox-stuck',
    description: 'Of the oldest event not yet handed on; 0 when there is none.',
    unit: 's',
    queries: [prom(max('service', 'outbox_oldest_seconds', SELECTED_SERVICE), '{{service}}')],
    limits: above(60),
    colours: BY_SERVICE,
  }),
  states({
    title: 'Breakers',
    runbook: 'circuit-breaker-open',
    description: 'From caller to target. Open: calls are refused at once. The worst of all instances.',
    unit: 'none',
    queries: [prom(breakers, '{{service}} to {{target}}')],
    states: BREAKER,
    limits: above(1, 2),
  }),
];

export const messaging = () =>
  dashboard({
    uid: 'waybill-messaging',
    title: 'Waybill: messaging',
    description:
      'Events from outbox to consumer, what waits and what was given up, the broker and the breakers.',
    variables: [serviceVariable()],
    sections: [
      { title: 'At a glance', panels: glance },
      { title: 'Events', panels: events },
      { title: 'RabbitMQ (empty where there is no broker)', panels: broker },
    ],
  });
