import { randomUUID } from 'node:crypto';
import {
  context,
  isSpanContextValid,
  type Link,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOffSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import { atMost } from '../at-most.js';
import { DomainError } from '../errors/domain-error.js';
import { ModuleSpanProcessor } from './module-spans.js';
import { serviceOf } from './names.js';
import { RecordingLimit } from './recording-limit.js';

/** Milliseconds in which the last spans may still leave. A collector that is away must not keep the process. */
const SHUTDOWN_MS = 1000;

export interface Tracing {
  /** Sends what is left, for a second at most. */
  stop(): Promise<void>;
}

/**
 * Gives every request, call and event its trace, so that history, problems and logs can name it. With the address
 * of an OTLP collector (`http://collector:4318`), spans of at most so many new traces a second are recorded and sent
 * there.
 *
 * Idempotent: tests start several applications in one process.
 */
export function startTracing(collector: string | null = null, tracesPerSecond = Infinity): Tracing {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const provider = collector === null ? withoutCollector() : sendingTo(collector, tracesPerSecond);
  trace.setGlobalTracerProvider(provider);
  return { stop: () => atMost(SHUTDOWN_MS, provider.shutdown()) };
}

/** Ids, and nothing that costs. */
function withoutCollector(): TracerProvider {
  return new TracerProvider({ sampler: new AlwaysOffSampler() });
}

/** Whole traces, whatever a client says: which are kept is for the collector to decide, who sees how they end. */
function sendingTo(collector: string, tracesPerSecond: number): TracerProvider {
  const url = `${collector.replace(/\/$/, '')}/v1/traces`;
  const instance = randomUUID();
  const resourceOf = (module: string) =>
    resourceFromAttributes({
      'service.name': serviceOf(module),
      'service.namespace': 'waybill',
      'service.instance.id': instance,
    });
  return new TracerProvider({
    sampler: new RecordingLimit(tracesPerSecond),
    spanProcessors: [new ModuleSpanProcessor(new OTLPTraceExporter({ url }), resourceOf)],
  });
}

const tracer = () => trace.getTracer('waybill');

export interface SpanOptions {
  attributes?: Readonly<Record<string, string | number>>;
  /** Spans that had a part in this one without being its parent. */
  links?: Link[];
}

/**
 * Runs `fn` in a span of its own; a thrown error marks the span and goes on. In a trace that is not recorded there is
 * nothing to begin or to describe: `fn` runs in the span that is there, and `options` are not asked for.
 */
export async function inSpan<T>(
  name: string,
  kind: SpanKind,
  options: () => SpanOptions,
  fn: (span: Span) => Promise<T>,
): Promise<T> {
  const active = trace.getActiveSpan();
  if (active && isUnrecorded(active)) return fn(active);
  const { attributes = {}, links = [] } = options();
  return tracer().startActiveSpan(name, { kind, attributes, links }, async (span) => {
    try {
      return await fn(span);
    } catch (error) {
      failSpan(span, error);
      throw error;
    } finally {
      span.end();
    }
  });
}

function isUnrecorded(span: Span): boolean {
  const context = span.spanContext();
  return (context.traceFlags & TraceFlags.SAMPLED) === 0 && isSpanContextValid(context);
}

/**
 * Marks a span as failed, by what kind of error it was and never by its words, which may quote somebody's input. A
 * refusal is told, and is no failure.
 */
export function failSpan(span: Span, error: unknown): void {
  span.setAttribute('error.type', errorType(error));
  const refused = error instanceof DomainError && error.status < 500;
  if (!refused) span.setStatus({ code: SpanStatusCode.ERROR });
}

function errorType(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return typeof code === 'string' ? code : typeof name === 'string' ? name : 'unknown';
}

/** A link to the active span, if somebody can look it up. */
export function linkToActive(): Link[] {
  const active = trace.getActiveSpan()?.spanContext();
  return active && active.traceFlags & TraceFlags.SAMPLED ? [{ context: active }] : [];
}

export { SpanKind };
