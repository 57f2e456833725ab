import { counter } from './instruments.js';

export const DROP_REASONS = [{ reason: 'queue_full' }, { reason: 'export_failed' }] as const;

export const spansDropped = counter({
  name: 'telemetry_spans_dropped_total',
  help: 'Spans that did not reach the collector: the queue was full, or the collector did not take them',
  labels: ['reason'],
});
