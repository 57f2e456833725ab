import { counter, histogram } from '../../common/telemetry/instruments.js';

export const paymentsProcessed = counter({
  name: 'payments_processed_total',
  help: 'What the gateway said of charges: captured, declined, voided, unknown; unavailable when it was not asked',
  labels: ['status', 'method'],
  startsAtZero: {
    module: 'payments',
    labels: ['captured', 'declined', 'voided', 'unknown', 'unavailable'].map((status) => ({
      status,
      method: 'card',
    })),
  },
});
export const paymentAmount = counter({
  name: 'payment_amount_total',
  help: 'Money that was captured, in minor units (cents)',
  labels: ['currency'],
});
export const refundsProcessed = counter({
  name: 'refunds_processed_total',
  help: 'Refunds that the gateway has carried out',
  startsAtZero: { module: 'payments' },
});
export const gatewayLatency = histogram({
  name: 'payment_gateway_latency_seconds',
  help: 'Requests to the payment gateway, whatever came of them',
  exemplars: true,
});
