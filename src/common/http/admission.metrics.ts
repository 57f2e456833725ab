import { counter, gauge } from '../telemetry/instruments.js';

export const refusals = counter({
  name: 'http_requests_refused_total',
  help: 'Requests that were refused at the door, since too many were in flight',
  labels: ['endpoint'],
});
export const admissionLimit = gauge({
  name: 'http_admission_limit',
  help: 'How many requests to the route may be in flight; it falls when they take too long',
  labels: ['endpoint'],
});
export const admissionInFlight = gauge({
  name: 'http_admission_in_flight',
  help: 'Requests to the route that are in flight',
  labels: ['endpoint'],
});
