import { counter } from '../telemetry/instruments.js';

export const cacheRequests = counter({
  name: 'cache_requests_total',
  help: 'Look-ups in caches: hit, or miss when the value had to be fetched from its source',
  labels: ['cache', 'result'],
});
