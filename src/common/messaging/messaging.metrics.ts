import { DomainError } from '../errors/domain-error.js';
import { counter, gauge, histogram } from '../telemetry/instruments.js';

export const clientDuration = histogram({
  name: 'rpc_client_duration_seconds',
  help: 'Calls to other modules as their caller sees them, repetitions included',
  labels: ['target', 'method', 'outcome'],
  exemplars: true,
});

export const serverDuration = histogram({
  name: 'rpc_server_duration_seconds',
  help: 'Calls from other modules, from their arrival to their answer',
  labels: ['method', 'outcome'],
});

export const eventsPublished = counter({
  name: 'events_published_total',
  help: 'Events handed on: to RabbitMQ, or to the modules of this process',
  labels: ['event'],
});

export const eventsConsumed = counter({
  name: 'events_consumed_total',
  help: 'Deliveries of events: applied, failed, or given up as a dead letter',
  labels: ['event', 'outcome'],
});

export const eventLag = histogram({
  name: 'event_lag_seconds',
  help: 'From when something happened to when the module had taken it in',
  labels: ['event'],
  buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600],
  exemplars: true,
});

export const deadLetters = gauge({
  name: 'events_dead_letters',
  help: 'Events that the module could not take in and that wait for a person; every replica tells the same',
});

export type CallOutcome = 'ok' | 'refused' | 'unavailable' | 'unknown';

/** Of a call: done, refused for a reason of business, not to be had at the moment, or nobody knows. */
export function outcomeOf(error: unknown): CallOutcome {
  if (error === null) return 'ok';
  if (!(error instanceof DomainError) || error.code === 'SERVICE.OUTCOME_UNKNOWN') return 'unknown';
  return error.status >= 500 ? 'unavailable' : 'refused';
}
