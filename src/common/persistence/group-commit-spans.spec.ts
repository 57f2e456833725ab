import { trace } from '@opentelemetry/api';
import { recordSpans } from '../../../test/recorded-spans.js';
import { inSpan, SpanKind } from '../telemetry/tracing.js';
import { currentWork, runAs } from '../telemetry/work-context.js';
import { GroupCommit } from './group-commit.js';

describe('spans of grouped writes', () => {
  const spans = recordSpans();
  const tracer = () => trace.getTracer('a library');
  /** Writes when it is let go, with a statement's span. */
  const held: (() => void)[] = [];
  const seen: { module: string; correlationId: string }[] = [];
  const write = async (items: number[]) => {
    tracer()
      .startSpan(`statement of ${items.join('+')}`)
      .end();
    const { module, correlationId } = currentWork();
    seen.push({ module, correlationId });
    await new Promise<void>((resolve) => held.push(resolve));
    return items;
  };
  const group = new GroupCommit(write, { name: 'test.write', module: 'alpha' });
  const submitIn = (name: string, item: number) =>
    runAs(
      'alpha',
      () =>
        inSpan(
          name,
          SpanKind.SERVER,
          () => ({}),
          () => group.submit(item),
        ),
      {
        correlationId: name,
      },
    );
  const commitOf = (request: string) => {
    const { spanId } = spans.named(request).spanContext();
    const found = spans.ended().find((each) => each.parentSpanContext?.spanId === spanId);
    if (!found) throw new Error(`no span below ${request}`);
    return found;
  };

  beforeAll(async () => {
    const first = submitIn('first', 1);
    await new Promise((resolve) => setImmediate(resolve));
    const all = [first, submitIn('second', 2), submitIn('third', 3)];
    await new Promise((resolve) => setImmediate(resolve));
    held.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    held.shift()?.();
    await Promise.all(all);
  });

  it('give each caller one of its own, in its own trace', () => {
    for (const request of ['first', 'second', 'third']) {
      expect(commitOf(request).name).toBe('commit test.write');
      expect(commitOf(request).spanContext().traceId).toBe(spans.named(request).spanContext().traceId);
    }
  });

  it('have the statements of a caller alone in its trace', () => {
    expect(spans.named('statement of 1').parentSpanContext?.spanId).toBe(
      commitOf('first').spanContext().spanId,
    );
    expect(commitOf('first').attributes).toEqual({ 'waybill.batch.size': 1 });
    expect(commitOf('first').links).toEqual([]);
  });

  it('have the statements of a batch in the trace of its first, linked both ways', () => {
    const [second, third] = [commitOf('second'), commitOf('third')];
    expect(spans.named('statement of 2+3').parentSpanContext?.spanId).toBe(second.spanContext().spanId);
    expect(second.attributes).toEqual({ 'waybill.batch.size': 2 });
    const linked = (span: typeof second) => span.links.map(({ context }) => context.spanId);
    expect(linked(second)).toEqual([third.spanContext().spanId]);
    expect(linked(third)).toEqual([second.spanContext().spanId]);
  });

  it("have a batch run as its module, and not as one of its callers' requests", () => {
    expect(seen).toEqual([
      { module: 'alpha', correlationId: '' },
      { module: 'alpha', correlationId: '' },
    ]);
  });

  it('fail with their batch', async () => {
    const failing = new GroupCommit(() => Promise.reject(new RangeError('no')), {
      name: 'test.fail',
      module: 'alpha',
    });
    await expect(runAs('alpha', () => failing.submit(1))).rejects.toThrow('no');
    expect(spans.named('commit test.fail')).toMatchObject({
      status: { code: 2 },
      attributes: { 'error.type': 'RangeError' },
    });
  });
});
