import { Logger } from '@nestjs/common';
import { context, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { type ReadableSpan, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import { register } from 'prom-client';
import { ModuleSpanProcessor } from './module-spans.js';
import { startTracing } from './tracing.js';
import { runAs, withWork } from './work-context.js';

/** A collector that takes spans, refuses them, or does not answer. */
class FakeExporter implements SpanExporter {
  readonly sent: ReadableSpan[] = [];
  mode: 'takes' | 'refuses' | 'hangs' = 'takes';
  private readonly unanswered: ((result: ExportResult) => void)[] = [];

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    if (this.mode === 'hangs') return void this.unanswered.push(done);
    if (this.mode === 'takes') this.sent.push(...spans);
    done({ code: this.mode === 'takes' ? ExportResultCode.SUCCESS : ExportResultCode.FAILED });
  }

  /** Answers after all, so that nothing waits on. */
  async release(): Promise<void> {
    this.mode = 'takes';
    for (const done of this.unanswered.splice(0)) done({ code: ExportResultCode.SUCCESS });
    await Promise.resolve();
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }
}

const resourceOf = (module: string) => resourceFromAttributes({ 'service.name': `${module}-service` });

describe('spans of modules', () => {
  let exporter: FakeExporter;
  let provider: TracerProvider;
  const tracer = () => provider.getTracer('a library');
  const inModule = (module: string, name: string) => runAs(module, () => tracer().startSpan(name).end());
  const dropped = async () => {
    const { values } = await (
      register.getSingleMetric('telemetry_spans_dropped_total') as unknown as {
        get(): Promise<{ values: { labels: Record<string, string>; value: number }[] }>;
      }
    ).get();
    return Object.fromEntries(
      values.map(({ labels, value }) => [`${labels['service']} ${labels['reason']}`, value]),
    );
  };

  beforeAll(() => {
    Logger.overrideLogger(false);
    startTracing();
  });
  beforeEach(() => {
    exporter = new FakeExporter();
    provider = new TracerProvider({ spanProcessors: [new ModuleSpanProcessor(exporter, resourceOf)] });
    register.resetMetrics();
  });
  afterEach(async () => {
    await exporter.release();
    await provider.shutdown();
  });

  it('come under the service of the module that was current when they began', async () => {
    inModule('orders', 'a');
    inModule('payments', 'b');
    const span = runAs('orders', () => tracer().startSpan('c'));
    runAs('payments', () => span.end());
    tracer()
      .startSpan('d', {}, withWork(ROOT_CONTEXT, { module: 'users', correlationId: '', causationId: null }))
      .end();
    await provider.forceFlush();
    const services = exporter.sent.map(({ name, resource }) => [name, resource.attributes['service.name']]);
    expect(services).toEqual([
      ['a', 'orders-service'],
      ['b', 'payments-service'],
      ['c', 'orders-service'],
      ['d', 'users-service'],
    ]);
    // The exporter groups spans by it.
    expect(exporter.sent[0]?.resource).toBe(exporter.sent[2]?.resource);
  });

  it('keep what they are: parent, kind, times, attributes, links', async () => {
    runAs('orders', () => {
      const parent = tracer().startSpan('parent');
      const link = { context: parent.spanContext() };
      const child = tracer().startSpan(
        'child',
        { kind: SpanKind.CLIENT, attributes: { a: 1 }, links: [link] },
        trace.setSpan(context.active(), parent),
      );
      child.end();
      parent.end();
    });
    await provider.forceFlush();
    const [child, parent] = exporter.sent;
    expect(child).toMatchObject({ name: 'child', kind: SpanKind.CLIENT, attributes: { a: 1 }, ended: true });
    expect(child?.parentSpanContext?.spanId).toBe(parent?.spanContext().spanId);
    expect(child?.links).toHaveLength(1);
    expect(child?.duration).toBeDefined();
  });

  it('are not sent for what belongs to no module', async () => {
    tracer().startSpan('probe').end();
    inModule('system', 'boot');
    await provider.forceFlush();
    expect(exporter.sent).toEqual([]);
  });

  it('tell the type of an error and not its words, and of addresses no more than whose they are', async () => {
    runAs('orders', () => {
      const span = tracer().startSpan('a');
      span.setStatus({ code: 2, message: 'duplicate key (email)=(ada@example.org)' });
      span.recordException(new RangeError('ada@example.org'));
      span.setAttribute('url.full', 'https://user:secret@sms.example/send?key=secret');
      span.end();
    });
    await provider.forceFlush();
    const [span] = exporter.sent;
    expect(span?.status).toEqual({ code: 2 });
    expect(span?.events[0]?.attributes).toEqual({ 'exception.type': 'RangeError' });
    expect(span?.attributes['url.full']).toBe('https://sms.example');
    expect(JSON.stringify([span?.status, span?.events, span?.attributes])).not.toMatch(/ada|secret/);
  });

  it('are counted by service when the collector does not take them, and sent again when it does', async () => {
    exporter.mode = 'refuses';
    inModule('orders', 'a');
    inModule('payments', 'b');
    inModule('payments', 'c');
    await provider.forceFlush();
    expect(await dropped()).toEqual({
      'orders-service export_failed': 1,
      'payments-service export_failed': 2,
    });
    exporter.mode = 'takes';
    inModule('orders', 'd');
    await provider.forceFlush();
    expect(exporter.sent.map(({ name }) => name)).toEqual(['d']);
  });

  it('are dropped and counted when too many wait, and take no more memory', async () => {
    exporter.mode = 'hangs';
    for (let number = 0; number < 16_384 + 500; number++) inModule('orders', 'a');
    expect(await dropped()).toEqual({ 'orders-service queue_full': 500 });
  });
});
