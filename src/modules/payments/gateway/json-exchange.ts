import { type Dispatcher, Pool } from 'undici';
import { GatewayOutcomeUnknown, GatewayUnreachable } from './payment-gateway.js';

/** As many as requests may be in flight at once: with fewer, a slow gateway would bound the rate of orders. */
const MAX_SOCKETS = 512;
const MAX_ANSWER_BYTES = 256 * 1024;

export interface JsonAnswer {
  status: number;
  /** Undefined when it is not JSON. */
  body: unknown;
}

export interface JsonRequest {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  headers?: Record<string, string>;
  body?: unknown;
  /** Milliseconds for all of it, the wait for a free connection included. */
  within: number;
}

/**
 * JSON over kept-alive connections. undici's dispatcher rather than fetch: it tells whether a request can have left,
 * which is the difference between "try elsewhere" and "money may have moved".
 */
export class JsonExchange {
  private readonly basePath: string;
  private readonly pool: Pool;

  constructor(baseUrl: string) {
    const { origin, pathname } = new URL(baseUrl);
    this.basePath = pathname.replace(/\/$/, '');
    // Each request has its own time limit.
    this.pool = new Pool(origin, {
      connections: MAX_SOCKETS,
      pipelining: 1,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** Throws GatewayUnreachable or GatewayOutcomeUnknown; any status is an answer. */
  send({ method, path, headers, body, within }: JsonRequest): Promise<JsonAnswer> {
    return new Promise((resolve, reject) => {
      const exchange = new Exchange(resolve, (error, sent) => {
        const what = `${method} ${path}: ${describe(error)}`;
        const cause = { cause: error };
        reject(sent ? new GatewayOutcomeUnknown(what, false, cause) : new GatewayUnreachable(what, cause));
      });
      exchange.limit(within);
      const payload = body === undefined ? null : JSON.stringify(body);
      this.pool.dispatch(
        {
          method,
          path: this.basePath + path,
          headers: {
            accept: 'application/json',
            ...headers,
            ...(payload === null ? {} : { 'content-type': 'application/json' }),
          },
          body: payload,
        },
        exchange,
      );
    });
  }

  close(): void {
    void this.pool.destroy();
  }
}

/** One request and its answer. It ends once: with the answer, with an error, or when its time is over. */
class Exchange implements Dispatcher.DispatchHandler {
  private controller: Dispatcher.DispatchController | null = null;
  private timer: NodeJS.Timeout | undefined;
  private ended = false;
  private status = 0;
  private size = 0;
  private readonly chunks: Buffer[] = [];

  constructor(
    private readonly done: (answer: JsonAnswer) => void,
    /** `sent`: it may have left. Before it has a connection nothing can have been sent, whatever went wrong. */
    private readonly failed: (error: unknown, sent: boolean) => void,
  ) {}

  limit(ms: number): void {
    this.timer = setTimeout(() => this.fail(new Error(`no answer within ${Math.round(ms)} ms`)), ms);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.ended) controller.abort(new Error('its time was over before there was a connection'));
    else this.controller = controller;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    this.status = status;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.size += chunk.length;
    this.chunks.push(chunk);
    if (this.size > MAX_ANSWER_BYTES) this.fail(new Error(`an answer of over ${MAX_ANSWER_BYTES} bytes`));
  }

  onResponseEnd(): void {
    this.end(() => {
      this.done({ status: this.status, body: parse(Buffer.concat(this.chunks).toString('utf8')) });
    });
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.fail(error);
  }

  private fail(error: Error): void {
    this.end(() => this.failed(error, this.controller !== null));
    if (this.controller && !this.controller.aborted) this.controller.abort(error);
  }

  private end(how: () => void): void {
    if (this.ended) return;
    this.ended = true;
    clearTimeout(this.timer);
    how();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Of the several addresses of a name: the message of an AggregateError is empty.
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [];
  return first instanceof Error ? first.message : error.message;
}
