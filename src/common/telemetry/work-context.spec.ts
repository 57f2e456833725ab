import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { startTracing } from './tracing.js';
import {
  contextFrom,
  currentTraceId,
  currentTraceparent,
  currentWork,
  runAs,
  withWork,
} from './work-context.js';

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const pause = () => new Promise((resolve) => setTimeout(resolve, 1));

describe('the work context', () => {
  beforeAll(() => void startTracing());

  it("is nobody's outside all work", () => {
    expect(currentWork()).toEqual({ module: 'system', correlationId: '', causationId: null, about: {} });
    expect(currentTraceId()).toBeNull();
    expect(currentTraceparent()).toBeNull();
  });

  it('goes with the work through everything that it waits for, and ends with it', async () => {
    const work = { module: 'orders', correlationId: 'request 7', causationId: null, about: {} };
    await runAs(
      'orders',
      async () => {
        await pause();
        expect(currentWork()).toEqual(work);
        runAs('payments', () => expect(currentWork()).toEqual({ ...work, module: 'payments' }));
        expect(currentWork()).toEqual(work);
      },
      work,
    );
    expect(currentWork().module).toBe('system');
  });

  it('is not mixed up between works that run beside each other', async () => {
    const run = (module: string) =>
      runAs(module, async () => {
        await pause();
        return currentWork().module;
      });
    const modules = ['a', 'b', 'c', 'd'];
    expect(await Promise.all(modules.map(run))).toEqual(modules);
  });

  it('keeps the trace', () => {
    trace.getTracer('test').startActiveSpan('work', (span) => {
      const { traceId, spanId } = span.spanContext();
      runAs('orders', () => {
        expect(currentTraceId()).toBe(traceId);
        expect(currentTraceparent()).toBe(`00-${traceId}-${spanId}-00`);
      });
      span.end();
    });
  });

  it('takes up a trace that comes from outside', () => {
    context.with(contextFrom(TRACEPARENT), () => {
      expect(currentTraceId()).toBe('4bf92f3577b34da6a3ce929d0e0e4736');
      expect(currentTraceparent()).toBe(TRACEPARENT);
    });
  });

  it.each([
    null,
    undefined,
    '',
    'nonsense',
    '00-0-0-00',
    `${TRACEPARENT.slice(0, -3)}`,
    '00-'.padEnd(5000, 'a'),
  ])('goes on in its own when the trace from outside is %p', (traceparent) => {
    const work = { module: 'orders', correlationId: 'request 7', causationId: null, about: {} };
    context.with(withWork(ROOT_CONTEXT, work), () => {
      context.with(contextFrom(traceparent), () => {
        expect(currentTraceId()).toBeNull();
        expect(currentWork()).toEqual(work);
      });
    });
  });
});
