import { ROOT_CONTEXT, SpanKind, trace, TraceFlags } from '@opentelemetry/api';
import { SamplingDecision } from '@opentelemetry/sdk-trace';
import { fromOutside, RecordingLimit } from './recording-limit.js';

describe('the limit of recorded traces', () => {
  let now = 0;
  const limit = (perSecond: number) => new RecordingLimit(perSecond, () => now);
  const asked = (sampler: RecordingLimit, context = ROOT_CONTEXT) =>
    sampler.shouldSample(context, '', '', SpanKind.SERVER, {}, []).decision ===
    SamplingDecision.RECORD_AND_SAMPLED;
  const within = (traceFlags: TraceFlags) =>
    trace.setSpanContext(ROOT_CONTEXT, { traceId: 'f'.repeat(32), spanId: 'f'.repeat(16), traceFlags });

  beforeEach(() => (now = 0));

  it('records so many new ones a second, and the next when time has passed', () => {
    const sampler = limit(2);
    expect([1, 2, 3].map(() => asked(sampler))).toEqual([true, true, false]);
    now += 500;
    expect([1, 2].map(() => asked(sampler))).toEqual([true, false]);
    now += 60_000;
    expect([1, 2, 3].map(() => asked(sampler))).toEqual([true, true, false]);
  });

  it('goes on as a trace has begun, and takes nothing for it', () => {
    const sampler = limit(1);
    expect(asked(sampler, within(TraceFlags.SAMPLED))).toBe(true);
    expect(asked(sampler, within(TraceFlags.NONE))).toBe(false);
    expect(asked(sampler)).toBe(true);
    expect(asked(sampler, within(TraceFlags.SAMPLED))).toBe(true);
  });

  it('does not believe a client, whatever it says of recording', () => {
    const sampler = limit(1);
    expect(asked(sampler, fromOutside(within(TraceFlags.NONE)))).toBe(true);
    expect(asked(sampler, fromOutside(within(TraceFlags.SAMPLED)))).toBe(false);
  });

  it('records none when none is wanted', () => {
    expect(asked(limit(0))).toBe(false);
  });
});
