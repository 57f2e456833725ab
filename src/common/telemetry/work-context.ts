import {
  type Context,
  context,
  createContextKey,
  isSpanContextValid,
  propagation,
  type Span,
  trace,
  TraceFlags,
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
  /** What it is about, for its log lines: `order_id`, `user_id`, `event_id`. Grows while it becomes known. */
  about: Record<string, string>;
}

/** The module of what belongs to none: boot, probes, scrapes. */
export const SYSTEM = 'system';

const WORK = createContextKey('waybill.work');
const nobody = (): Work => ({ module: SYSTEM, correlationId: '', causationId: null, about: {} });

export function workOf(from: Context): Work {
  return (from.getValue(WORK) as Work | undefined) ?? nobody();
}

export function currentWork(): Work {
  return workOf(context.active());
}

export function withWork(parent: Context, work: Omit<Work, 'about'> & Partial<Work>): Context {
  return parent.setValue(WORK, { about: {}, ...work });
}

/**
 * Runs `fn` as the module, in the trace that is active now. What the caller's work is about is not passed on: in
 * another process nobody would know it either.
 */
export function runAs<T>(module: string, fn: () => T, work: Partial<Work> = {}): T {
  return context.with(withWork(context.active(), { ...currentWork(), about: {}, ...work, module }), fn);
}

/** Says what the work turns out to be about: to its log lines from now on, and to the span. */
export function tellAbout(
  about: Record<string, string>,
  span: Span | undefined = trace.getActiveSpan(),
): void {
  Object.assign(currentWork().about, about);
  if (!span?.isRecording()) return;
  for (const [name, value] of Object.entries(about)) span.setAttribute(attributeOf(name), value);
}

/** `order_id` of log lines is `waybill.order.id` of spans. */
export function attributeOf(name: string): string {
  return `waybill.${name.replaceAll('_', '.')}`;
}

/** The active trace's id (32 hex digits), or null outside all traces. */
export function currentTraceId(): string | null {
  return traceIdOf(context.active());
}

export function traceIdOf(from: Context): string | null {
  const span = trace.getSpan(from)?.spanContext();
  return span && isSpanContextValid(span) ? span.traceId : null;
}

/** The trace id in a W3C `traceparent`. */
export function traceOf(traceparent: string | null): string | null {
  return traceparent?.split('-')[1] ?? null;
}

/** The active span as a W3C `traceparent` header, or null. Source: https://www.w3.org/TR/trace-context/ */
export function currentTraceparent(): string | null {
  const span = trace.getActiveSpan()?.spanContext();
  if (!span || !isSpanContextValid(span)) return null;
  return `00-${span.traceId}-${span.spanId}-${span.traceFlags & TraceFlags.SAMPLED ? '01' : '00'}`;
}

/** The context that a `traceparent` from outside names; the active one when there is none or it is malformed. */
export function contextFrom(traceparent: string | null | undefined): Context {
  return traceparent ? propagation.extract(context.active(), { traceparent }) : context.active();
}
