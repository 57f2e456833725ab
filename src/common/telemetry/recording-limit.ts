import {
  type Attributes,
  type Context,
  createContextKey,
  type Link,
  type SpanKind,
  trace,
  TraceFlags,
} from '@opentelemetry/api';
import { type Sampler, SamplingDecision, type SamplingResult } from '@opentelemetry/sdk-trace';

const FROM_OUTSIDE = createContextKey('waybill.from-outside');

/** Marks that what begins here begins a trace for us, whatever a client's `traceparent` says of recording it. */
export function fromOutside(context: Context): Context {
  return context.setValue(FROM_OUTSIDE, true);
}

const RECORD: SamplingResult = { decision: SamplingDecision.RECORD_AND_SAMPLED };
const LEAVE: SamplingResult = { decision: SamplingDecision.NOT_RECORD };

/**
 * Records whole traces, at most so many new ones a second: what recording costs has a bound, however many requests
 * come. Within a trace the first decision holds, in whatever process.
 */
export class RecordingLimit implements Sampler {
  private left: number;
  private since: number;

  constructor(
    private readonly perSecond: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.left = perSecond;
    this.since = now();
  }

  shouldSample(
    context: Context,
    _traceId: string,
    _name: string,
    _kind: SpanKind,
    _attributes: Attributes,
    _links: Link[],
  ): SamplingResult {
    const parent = trace.getSpanContext(context);
    if (parent && context.getValue(FROM_OUTSIDE) !== true)
      return parent.traceFlags & TraceFlags.SAMPLED ? RECORD : LEAVE;
    return this.take() ? RECORD : LEAVE;
  }

  toString(): string {
    return `RecordingLimit{${this.perSecond}/s}`;
  }

  /** A second's worth may come at once. */
  private take(): boolean {
    const now = this.now();
    this.left = Math.min(this.perSecond, this.left + ((now - this.since) / 1000) * this.perSecond);
    this.since = now;
    if (this.left < 1) return false;
    this.left -= 1;
    return true;
  }
}
