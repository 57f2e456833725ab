import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export type AttributeValue = string | number | boolean | AttributeValue[];

/** A span as a collector gets it. */
export interface ReceivedSpan {
  /** `service.name` of the resource that it came under. */
  service: string;
  instance: string;
  name: string;
  kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  traceId: string;
  spanId: string;
  parentSpanId: string | null;
  attributes: Record<string, AttributeValue>;
  links: { traceId: string; spanId: string }[];
  failed: boolean;
  /** Nanoseconds since the epoch. */
  start: bigint;
  end: bigint;
}

const KINDS = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
const ERROR = 2;

interface AnyValue {
  stringValue?: string;
  intValue?: string | number;
  doubleValue?: number;
  boolValue?: boolean;
  arrayValue?: { values: AnyValue[] };
}
interface KeyValue {
  key: string;
  value: AnyValue;
}
interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes?: KeyValue[];
  links?: { traceId: string; spanId: string }[];
  status?: { code?: number };
}
interface ExportRequest {
  resourceSpans: { resource: { attributes: KeyValue[] }; scopeSpans: { spans: OtlpSpan[] }[] }[];
}

/**
 * What a collector is to its senders: OTLP over HTTP, JSON encoded.
 * Source: https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export class OtlpReceiver {
  /** Every body as it came. */
  readonly bodies: string[] = [];
  private readonly read: ReceivedSpan[] = [];
  private unread = 0;
  private readonly server = createServer((request, response) => void this.take(request, response));
  /** Set, it is answered in the place of success. */
  status = 200;

  static async start(): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver();
    await new Promise<void>((resolve) => receiver.server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Read when somebody asks: while there is load, that would slow down what is measured. */
  get spans(): ReceivedSpan[] {
    for (; this.unread < this.bodies.length; this.unread++)
      this.read.push(...spansIn(JSON.parse(this.bodies[this.unread] ?? '{}') as ExportRequest));
    return this.read;
  }

  clear(): void {
    this.read.length = 0;
    this.bodies.length = 0;
    this.unread = 0;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString();
    if (this.status === 200 && request.url === '/v1/traces') this.bodies.push(text);
    response.writeHead(request.url === '/v1/traces' ? this.status : 404, {
      'content-type': 'application/json',
    });
    response.end('{"partialSuccess":{}}');
  }
}

function spansIn({ resourceSpans }: ExportRequest): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const { 'service.name': service, 'service.instance.id': instance } = attributesOf(resource.attributes);
    return scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        service: String(service),
        instance: String(instance),
        name: span.name,
        kind: KINDS[span.kind] ?? 'internal',
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId || null,
        attributes: attributesOf(span.attributes ?? []),
        links: (span.links ?? []).map(({ traceId, spanId }) => ({ traceId, spanId })),
        failed: span.status?.code === ERROR,
        start: BigInt(span.startTimeUnixNano),
        end: BigInt(span.endTimeUnixNano),
      })),
    );
  });
}

function attributesOf(list: readonly KeyValue[]): Record<string, AttributeValue> {
  return Object.fromEntries(list.map(({ key, value }) => [key, valueOf(value)]));
}

function valueOf(value: AnyValue): AttributeValue {
  if (value.arrayValue) return value.arrayValue.values.map(valueOf);
  return value.stringValue ?? value.doubleValue ?? value.boolValue ?? Number(value.intValue);
}
