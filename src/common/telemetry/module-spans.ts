import { Logger } from '@nestjs/common';
import type { Context } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  type ReadableSpan,
  type Span,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import { spansDropped } from './telemetry.metrics.js';
import { SYSTEM, workOf } from './work-context.js';

/** Spans that wait for the collector. More are dropped and counted: telemetry never makes a request wait. */
const MAX_WAITING = 16_384;
const BATCH = 1024;
const DELAY_MS = 1000;
/** A collector that does not answer within this is taken for gone, for that batch. */
const EXPORT_TIMEOUT_MS = 5000;

/**
 * Sends each span under the `service.name` of the module that it was made in, of whatever library it is and in
 * whatever process the module runs. What belongs to no module (probes, scrapes) is not sent.
 *
 * Values stay inside: an error's message may quote what somebody typed, so a span tells its type and no more.
 */
export class ModuleSpanProcessor implements SpanProcessor {
  private readonly modules = new WeakMap<object, string>();
  private readonly resources = new Map<string, Resource>();
  private readonly batches: BatchSpanProcessor;
  private waiting = 0;

  constructor(
    exporter: SpanExporter,
    private readonly resourceOf: (module: string) => Resource,
  ) {
    const settled = (spans: readonly ReadableSpan[], sent: boolean) => {
      this.waiting -= spans.length;
      if (!sent) for (const span of spans) spansDropped.inc({ reason: 'export_failed' }, 1, serviceOf(span));
    };
    this.batches = new BatchSpanProcessor({
      exporter: new ObservedExporter(exporter, settled),
      maxQueueSize: MAX_WAITING,
      maxExportBatchSize: BATCH,
      scheduledDelayMillis: DELAY_MS,
      exportTimeoutMillis: EXPORT_TIMEOUT_MS,
    });
  }

  onStart(span: Span, parent: Context): void {
    this.modules.set(span, workOf(parent).module);
  }

  onEnd(span: ReadableSpan): void {
    const module = this.modules.get(span) ?? SYSTEM;
    if (module === SYSTEM) return;
    const resource = this.resource(module);
    if (this.waiting >= MAX_WAITING) {
      spansDropped.inc({ reason: 'queue_full' }, 1, serviceOf({ resource }));
      return;
    }
    this.waiting += 1;
    this.batches.onEnd(asOf(span, resource));
  }

  forceFlush(): Promise<void> {
    return this.batches.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.batches.shutdown();
  }

  /** One object a module: the exporter groups spans by it. */
  private resource(module: string): Resource {
    const known = this.resources.get(module) ?? this.resourceOf(module);
    this.resources.set(module, known);
    return known;
  }
}

/** Tells what became of each batch, and says once when the collector goes away and comes back. */
class ObservedExporter implements SpanExporter {
  private readonly log = new Logger('Traces');
  private failing = false;

  constructor(
    private readonly inner: SpanExporter,
    private readonly settled: (spans: readonly ReadableSpan[], sent: boolean) => void,
  ) {}

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.inner.export(spans, (result) => {
      const sent = result.code === ExportResultCode.SUCCESS;
      this.settled(spans, sent);
      if (sent && this.failing) this.log.log('The collector takes traces again');
      if (!sent && !this.failing)
        this.log.warn(`Traces cannot be sent, and are dropped until they can: ${result.error?.message}`);
      this.failing = !sent;
      // The batch is accounted for: there is nobody whom another error would help.
      done({ code: ExportResultCode.SUCCESS });
    });
  }

  shutdown(): Promise<void> {
    return this.inner.shutdown();
  }
}

function asOf(span: ReadableSpan, resource: Resource): ReadableSpan {
  return {
    name: span.name,
    kind: span.kind,
    spanContext: () => span.spanContext(),
    ...(span.parentSpanContext ? { parentSpanContext: span.parentSpanContext } : {}),
    startTime: span.startTime,
    endTime: span.endTime,
    status: { code: span.status.code },
    attributes: withoutAddress(span.attributes),
    links: span.links,
    events: span.events.map(withoutMessage),
    duration: span.duration,
    ended: span.ended,
    resource,
    instrumentationScope: span.instrumentationScope,
    droppedAttributesCount: span.droppedAttributesCount,
    droppedEventsCount: span.droppedEventsCount,
    droppedLinksCount: span.droppedLinksCount,
  };
}

/** Of addresses of others only whose they are: a webhook's path is as good as a password. */
function withoutAddress(attributes: ReadableSpan['attributes']): ReadableSpan['attributes'] {
  const url = attributes['url.full'];
  if (typeof url !== 'string') return attributes;
  const kept = Object.fromEntries(Object.entries(attributes).filter(([key]) => !key.startsWith('url.')));
  return URL.canParse(url) ? { ...kept, 'url.full': new URL(url).origin } : kept;
}

function withoutMessage(event: ReadableSpan['events'][number]): ReadableSpan['events'][number] {
  const type = event.attributes?.['exception.type'];
  return type === undefined ? event : { ...event, attributes: { 'exception.type': type } };
}

function serviceOf({ resource }: Pick<ReadableSpan, 'resource'>): string {
  return String(resource.attributes['service.name']);
}
