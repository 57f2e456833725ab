import type { WatchedMetrics } from './common/operations/metrics-window.js';

/** What the operations page shows, of all that docs/metrics.md lists. */
export const WATCHED_METRICS: WatchedMetrics = {
  counters: {
    http_requests_total: ['status'],
    http_requests_refused_total: [],
    events_consumed_total: ['event', 'outcome'],
    orders_created_total: [],
    saga_recovered_total: [],
    payments_processed_total: ['status'],
  },
  histograms: {
    http_request_duration_seconds: [],
    rpc_client_duration_seconds: ['target', 'method', 'outcome'],
    event_lag_seconds: ['event'],
    saga_step_duration_seconds: ['step', 'outcome'],
    order_processing_duration_seconds: [],
    payment_gateway_latency_seconds: [],
  },
  gauges: [
    'circuit_breaker_state',
    'outbox_pending',
    'outbox_oldest_seconds',
    'events_dead_letters',
    'notification_queue_size',
    'orders_by_status',
    'saga_oldest_seconds',
    'websocket_connections_current',
  ],
};
