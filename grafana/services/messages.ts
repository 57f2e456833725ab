import type { Section } from '../lib/dashboard.js';
import { graph, states } from '../lib/panel.js';
import { LOST, max, prom, quantile, rate, share } from '../lib/queries.js';
import { above, BAD, BY_OUTCOME, GOOD, type Service, WARNING } from '../lib/theme.js';
import type { Own } from './common.js';

/** The states of a breaker. */
export const BREAKER = {
  0: { text: 'closed', color: GOOD },
  1: { text: 'half-open', color: WARNING },
  2: { text: 'open', color: BAD },
};

const served = (own: Own) => [
  graph({
    title: 'Calls served',
    description:
      'Calls of other modules a second. Refused is an answer; unavailable and unknown are failures.',
    unit: 'ops',
    queries: [
      prom(rate('method, outcome', 'rpc_server_duration_seconds_count', ...own), '{{method}} {{outcome}}'),
    ],
  }),
  graph({
    title: 'Calls served, p95',
    description: '95 of 100 calls are answered at least this fast. At 3 s the caller gives up.',
    unit: 's',
    queries: [prom(quantile(0.95, 'method', 'rpc_server_duration_seconds', ...own), '{{method}}')],
    limits: above(3),
  }),
];

const made = (own: Own) => [
  graph({
    title: 'Calls made',
    description: 'Calls to other modules a second.',
    unit: 'ops',
    queries: [prom(rate('method', 'rpc_client_duration_seconds_count', ...own), '{{method}}')],
  }),
  graph({
    title: 'Calls made, p95',
    description: 'As the caller sees it, the way there and back included. At 3 s it gives up.',
    unit: 's',
    queries: [prom(quantile(0.95, 'method', 'rpc_client_duration_seconds', ...own), '{{method}}')],
    limits: above(3),
  }),
  graph({
    title: 'Calls made that failed',
    runbook: 'circuit-breaker-open',
    description:
      'Share of calls to each service that found nobody, or whose outcome is unknown. Above 0 orders wait.',
    unit: 'percentunit',
    queries: [
      prom(
        share(
          rate('target', 'rpc_client_duration_seconds_count', LOST, ...own),
          rate('target', 'rpc_client_duration_seconds_count', ...own),
        ),
        '{{target}}',
      ),
    ],
    limits: above(0.01),
  }),
  states({
    title: 'Breakers',
    runbook: 'circuit-breaker-open',
    description:
      'Open: calls to the target are refused at once, because too many failed. The worst of all instances.',
    unit: 'none',
    queries: [prom(max('target', 'circuit_breaker_state', ...own), '{{target}}')],
    states: BREAKER,
    limits: above(1, 2),
  }),
];

const published = (own: Own) => [
  graph({
    title: 'Events published',
    description: 'Events a second that were handed on.',
    unit: 'eps',
    queries: [prom(rate('event', 'events_published_total', ...own), '{{event}}')],
  }),
  graph({
    title: 'Events not yet handed on',
    runbook: 'outbox-stuck',
    description:
      'In the outbox. They go out within a second or two; a number that grows means the broker is away.',
    unit: 'short',
    queries: [prom(max('', 'outbox_pending', ...own), 'waiting')],
    limits: above(1000),
  }),
  graph({
    title: 'Oldest event not yet handed on',
    runbook: 'outbox-stuck',
    description: 'Its age. Above a minute other modules do not hear of what happens here.',
    unit: 's',
    queries: [prom(max('', 'outbox_oldest_seconds', ...own), 'age')],
    limits: above(60),
  }),
];

const consumed = (own: Own) => [
  graph({
    title: 'Events taken in',
    runbook: 'event-handlers-failing',
    description: 'A second, by what came of them. Failed ones come again; dead ones wait for a person.',
    unit: 'eps',
    queries: [prom(rate('outcome', 'events_consumed_total', ...own), '{{outcome}}')],
    colours: BY_OUTCOME,
  }),
  graph({
    title: 'Event lag, p95',
    description:
      'From when it happened to when it was taken in. Seconds after a restart are usual; minutes are not.',
    unit: 's',
    queries: [prom(quantile(0.95, 'event', 'event_lag_seconds', ...own), '{{event}}')],
    limits: above(60),
  }),
  graph({
    title: 'Dead letters',
    runbook: 'dead-letters',
    description: 'Events given up after many attempts. Look at them with `npm run events -- dead-letters`.',
    unit: 'short',
    queries: [prom(max('', 'events_dead_letters', ...own), 'dead')],
    limits: above(1),
  }),
];

/** Calls and events, as far as the service has to do with them. */
export function messages({ roles }: Service, own: Own): Section[] {
  const calls = [
    ...(roles.includes('serves') ? served(own) : []),
    ...(roles.includes('calls') ? made(own) : []),
  ];
  const events = [
    ...(roles.includes('publishes') ? published(own) : []),
    ...(roles.includes('consumes') ? consumed(own) : []),
  ];
  return [
    ...(calls.length > 0 ? [{ title: 'Calls', panels: calls }] : []),
    ...(events.length > 0 ? [{ title: 'Events', panels: events }] : []),
  ];
}
