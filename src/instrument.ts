import { createRequire } from 'node:module';
import { SETTINGS } from './common/config/config.js';
import { environment } from './common/config/environment.js';
import { startTracing, type Tracing } from './common/telemetry/tracing.js';

type Instrumentations = typeof import('@opentelemetry/auto-instrumentations-node');

const off = { enabled: false };

/**
 * Imported before everything else: a library is patched when it is loaded, so what is to be traced must come after.
 * Only spans within a trace are of use to anybody; pollers ask the database all day long.
 */
function instrument(): Tracing {
  const collector = valid('OTEL_EXPORTER_OTLP_ENDPOINT') ?? null;
  const tracesPerSecond = valid('TRACES_PER_SECOND');
  if (collector !== null) {
    // Forty packages: not for those who send nothing. Now and not later, so no import().
    const load = createRequire(__filename);
    const { getNodeAutoInstrumentations } = load(
      '@opentelemetry/auto-instrumentations-node',
    ) as Instrumentations;
    getNodeAutoInstrumentations({
      '@opentelemetry/instrumentation-http': {
        // Requests that come in have their span from request-context.hooks.ts, which knows route and module.
        disableIncomingRequestInstrumentation: true,
        requireParentforOutgoingSpans: true,
      },
      '@opentelemetry/instrumentation-undici': { requireParentforSpans: true },
      '@opentelemetry/instrumentation-pg': { requireParentSpan: true, ignoreConnectSpans: true },
      // Keys are ids of users and addresses of clients.
      '@opentelemetry/instrumentation-ioredis': {
        requireParentSpan: true,
        dbStatementSerializer: (command) => command,
      },
      // Calls and events have spans of our own, the same in one process and in many.
      '@opentelemetry/instrumentation-amqplib': off,
      '@opentelemetry/instrumentation-nestjs-core': off,
      '@opentelemetry/instrumentation-dns': off,
      '@opentelemetry/instrumentation-net': off,
      // The logger adds trace ids by itself; the rest would measure what prom-client measures.
      '@opentelemetry/instrumentation-pino': off,
      '@opentelemetry/instrumentation-router': off,
      '@opentelemetry/instrumentation-runtime-node': off,
    });
  }
  return startTracing(collector, tracesPerSecond);
}

/** Undefined also for what is not valid: main.ts says so, with all else that is wrong. */
function valid<N extends 'OTEL_EXPORTER_OTLP_ENDPOINT' | 'TRACES_PER_SECOND'>(name: N) {
  try {
    return SETTINGS[name].read(environment()[name]) as ReturnType<(typeof SETTINGS)[N]['read']>;
  } catch {
    return undefined;
  }
}

export const tracing = instrument();
