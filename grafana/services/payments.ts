import { CURRENCIES, MINOR } from '../lib/money.js';
import { graph, stat, states } from '../lib/panel.js';
import { increase, max, prom, quantiles, rate, share } from '../lib/queries.js';
import { above, BY_OUTCOME } from '../lib/theme.js';
import type { Own } from './common.js';
import { BREAKER } from './messages.js';

const part = (own: Own, status: string) =>
  share(
    rate('', 'payments_processed_total', `status="${status}"`, ...own),
    rate('', 'payments_processed_total', ...own),
  );

export const paymentPanels = (own: Own) => [
  graph({
    title: 'Payments by outcome',
    description:
      'A second. Declined is the bank’s word. Unknown: the gateway did not answer, and is asked again by key.',
    unit: 'ops',
    queries: [prom(rate('status, method', 'payments_processed_total', ...own), '{{status}} {{method}}')],
    colours: BY_OUTCOME,
  }),
  graph({
    title: 'Declined and unknown',
    runbook: 'payment-outcomes-unknown',
    description:
      'Share of payments. A few per cent declined is usual; any unknown for long means a sick gateway.',
    unit: 'percentunit',
    queries: [prom(part(own, 'declined'), 'declined'), prom(part(own, 'unknown'), 'unknown')],
    colours: BY_OUTCOME,
    limits: above(0.05, 0.2),
  }),
  graph({
    title: 'Gateway latency',
    runbook: 'payment-gateway-failing',
    description:
      'How long the payment gateway takes to answer. At 2.5 s Waybill gives up, and the payment is unknown.',
    unit: 's',
    queries: quantiles('payment_gateway_latency_seconds', ...own),
    limits: above(1, 2.5),
  }),
  stat({
    title: 'Captured',
    description: 'Money taken in this time range.',
    unit: 'short',
    units: CURRENCIES,
    width: 8,
    queries: [
      prom(`${increase('$__range', 'currency', 'payment_amount_total', ...own)} / ${MINOR}`, '{{currency}}'),
    ],
  }),
  stat({
    title: 'Refunds',
    description:
      'Refunds of this time range. Many at once: orders are cancelled or taken back after payment.',
    unit: 'short',
    decimals: 0,
    width: 8,
    queries: [prom(increase('$__range', '', 'refunds_processed_total', ...own))],
  }),
  states({
    title: 'Breaker of the gateway',
    runbook: 'payment-gateway-failing',
    description: 'Open: payments are refused at once, because over half of the calls to the gateway failed.',
    unit: 'none',
    height: 4,
    queries: [prom(max('target', 'circuit_breaker_state', 'target="payment-gateway"', ...own), '{{target}}')],
    states: BREAKER,
    limits: above(1, 2),
  }),
];
