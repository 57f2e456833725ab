import { context, trace } from '@opentelemetry/api';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { register } from 'prom-client';
import { counter, gauge, histogram } from './instruments.js';
import { useTelemetryNames } from './names.js';
import { collectProcessMetrics } from './process-metrics.js';
import { startTracing } from './tracing.js';
import { runAs } from './work-context.js';

const line = async (start: string) =>
  (await register.metrics()).split('\n').find((each) => each.startsWith(start));

describe('metrics of modules', () => {
  beforeAll(() => {
    startTracing();
    useTelemetryNames({ serviceOf: (module) => `${module}-service`, subjects: [] });
  });

  it('are told of the service of the module that they happen in', async () => {
    const done = counter({ name: 'things_done_total', help: 'Things', labels: ['kind'] });
    runAs('orders', () => done.inc({ kind: 'a' }));
    runAs('payments', () => done.inc({ kind: 'a' }, 5));
    expect(await line('things_done_total{kind="a",service="orders-service"}')).toMatch(/ 1$/);
    expect(await line('things_done_total{kind="a",service="payments-service"}')).toMatch(/ 5$/);
  });

  it('are not told of what belongs to no module', async () => {
    const done = counter({ name: 'probes_total', help: 'Probes' });
    done.inc({});
    expect(await line('probes_total')).toBeUndefined();
  });

  it('start at zero where their labels are known', async () => {
    counter({
      name: 'rare_total',
      help: 'Rare',
      labels: ['why'],
      startsAtZero: { module: 'orders', labels: [{ why: 'x' }, { why: 'y' }] },
    });
    expect(await line('rare_total{why="x",service="orders-service"}')).toMatch(/ 0$/);
    expect(await line('rare_total{why="y",service="orders-service"}')).toMatch(/ 0$/);
  });

  it('name the trace of a slow one, if there is a trace that somebody can look up', async () => {
    const slow = histogram({ name: 'slow_seconds', help: 'Slow', buckets: [1, 10], exemplars: true });
    runAs('orders', () => slow.observe({}, 0.5));
    expect(await line('slow_seconds_bucket{le="1"')).not.toContain('trace_id');

    const span = new TracerProvider().getTracer('test').startSpan('work');
    context.with(trace.setSpan(context.active(), span), () => runAs('orders', () => slow.observe({}, 5)));
    expect(await line('slow_seconds_bucket{le="10"')).toContain(`trace_id="${span.spanContext().traceId}"`);
  });

  it('measure how long something took, also when it fails', async () => {
    const took = histogram({ name: 'took_seconds', help: 'Took', labels: ['outcome'] });
    const outcome = (error: unknown) => ({ outcome: error === null ? 'ok' : 'failed' });
    await runAs('orders', () => took.time(outcome, () => Promise.resolve(1)));
    await expect(
      runAs('orders', () => took.time(outcome, () => Promise.reject(new Error('no')))),
    ).rejects.toThrow('no');
    expect(await line('took_seconds_count{outcome="ok",service="orders-service"}')).toMatch(/ 1$/);
    expect(await line('took_seconds_count{outcome="failed",service="orders-service"}')).toMatch(/ 1$/);
  });

  it('tell a state from whoever has it, until that ends', async () => {
    const state = gauge({ name: 'doors_open', help: 'Doors', labels: ['floor'] });
    const stop = state.from(() => [{ service: 'orders-service', labels: { floor: '1' }, value: 3 }]);
    expect(await line('doors_open{')).toBe('doors_open{floor="1",service="orders-service"} 3');
    stop();
    expect(await line('doors_open{')).toBeUndefined();
  });

  it('tell what Node says of the process once for each service in it', async () => {
    collectProcessMetrics(['orders-service', 'users-service']);
    const text = await register.metrics();
    for (const name of [
      'process_resident_memory_bytes',
      'process_cpu_seconds_total',
      'nodejs_version_info',
    ]) {
      const services = text
        .split('\n')
        .filter((each) => each.startsWith(`${name}{`))
        .map((each) => /service="([^"]+)"/.exec(each)?.[1]);
      expect([name, services]).toEqual([name, ['orders-service', 'users-service']]);
    }
    expect(text.endsWith('# EOF\n')).toBe(true);
  });
});
