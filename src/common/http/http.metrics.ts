import { counter, histogram } from '../telemetry/instruments.js';

export const requests = counter({
  name: 'http_requests_total',
  help: 'HTTP requests by route and status',
  labels: ['method', 'endpoint', 'status'],
});
export const requestDuration = histogram({
  name: 'http_request_duration_seconds',
  help: 'How long HTTP requests took, from the first byte in to the last byte out',
  labels: ['method', 'endpoint'],
  exemplars: true,
});
