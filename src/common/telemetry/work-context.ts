import {
  type Context,
  context,
  createContextKey,
  isSpanContextValid,
  propagation,
  trace,
} from '@opentelemetry/api';

/**
 * On whose behalf code runs. Set wherever work enters a module (a route, a call, an event, a timer), so that
 * logs, metrics and spans name the module and not the process that happens to host it.
 */
export interface Work {
  /** `orders`, or `system` outside all modules. */
  module: string;
  /** The same for everything that one request from outside set off. */
  correlationId: string;
  /** The event that caused this work, if one did. */
  causationId: string | null;
}

const WORK = createContextKey('waybill.work');
const NOBODY: Work = { module: 'system', correlationId: '', causationId: null };

export function currentWork(): Work {
  return (context.active().getValue(WORK) as Work | undefined) ?? NOBODY;
}

export function withWork(parent: Context, work: Work): Context {
  return parent.setValue(WORK, work);
}

/** Runs `fn` as the module, in the trace that is active now. */
export function runAs<T>(module: string, fn: () => T, work: Partial<Work> = {}): T {
  return context.with(withWork(context.active(), { ...currentWork(), ...work, module }), fn);
}

/** The active trace's id (32 hex digits), or null outside all traces. */
export function currentTraceId(): string | null {
  const span = trace.getActiveSpan()?.spanContext();
  return span && isSpanContextValid(span) ? span.traceId : null;
}

/** The active span as a W3C `traceparent` header, or null. */
export function currentTraceparent(): string | null {
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent ?? null;
}

/** The context that a `traceparent` from outside names; the active one when there is none or it is malformed. */
export function contextFrom(traceparent: string | null | undefined): Context {
  return traceparent ? propagation.extract(context.active(), { traceparent }) : context.active();
}
