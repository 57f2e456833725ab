import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
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
  method: 'GET' | 'POST';
  path: string;
  headers?: Record<string, string>;
  body?: unknown;
  /** Milliseconds for all of it, the wait for a free connection included. */
  within: number;
}

/**
 * JSON over kept-alive connections. node:http rather than fetch: it tells whether a request can have left, which
 * is the difference between "try elsewhere" and "money may have moved".
 */
export class JsonExchange {
  private readonly origin: URL;
  private readonly client: typeof http | typeof https;
  private readonly agent: http.Agent;

  constructor(baseUrl: string) {
    this.origin = new URL(baseUrl);
    this.client = this.origin.protocol === 'https:' ? https : http;
    this.agent = new this.client.Agent({
      keepAlive: true,
      maxSockets: MAX_SOCKETS,
      maxFreeSockets: MAX_SOCKETS,
    });
  }

  /** Throws GatewayUnreachable or GatewayOutcomeUnknown; any status is an answer. */
  send({ method, path, headers, body, within }: JsonRequest): Promise<JsonAnswer> {
    return new Promise((resolve, reject) => {
      const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
      const url = new URL(`${this.origin.pathname.replace(/\/$/, '')}${path}`, this.origin);
      const request = this.client.request(url, {
        method,
        agent: this.agent,
        headers: { accept: 'application/json', ...headers, ...(payload ? contentHeaders(payload) : {}) },
      });
      const connection = watchConnection(request);
      const timer = setTimeout(
        () => request.destroy(new Error(`no answer within ${Math.round(within)} ms`)),
        within,
      );
      request.on('response', (response) => readJson(response, settle(resolve), settle(fail)));
      request.on('error', settle(fail));
      request.end(payload);

      function settle<T>(then: (value: T) => void): (value: T) => void {
        return (value) => {
          clearTimeout(timer);
          then(value);
        };
      }
      function fail(error: unknown): void {
        const what = `${method} ${path}: ${describe(error)}`;
        reject(
          connection.made
            ? new GatewayOutcomeUnknown(what, false, { cause: error })
            : new GatewayUnreachable(what, { cause: error }),
        );
      }
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

function contentHeaders(payload: Buffer): Record<string, string | number> {
  return { 'content-type': 'application/json', 'content-length': payload.length };
}

/** Without a connection nothing can have been sent, whatever went wrong. */
function watchConnection(request: http.ClientRequest): { made: boolean } {
  const connection = { made: false };
  request.on('socket', (socket: Socket) => {
    if (!socket.connecting) connection.made = true;
    else socket.once('connect', () => (connection.made = true));
  });
  return connection;
}

function readJson(
  response: http.IncomingMessage,
  done: (answer: JsonAnswer) => void,
  fail: (error: unknown) => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  response.on('data', (chunk: Buffer) => {
    size += chunk.length;
    chunks.push(chunk);
    if (size > MAX_ANSWER_BYTES) response.destroy(new Error(`an answer of over ${MAX_ANSWER_BYTES} bytes`));
  });
  response.on('end', () =>
    done({ status: response.statusCode ?? 0, body: parse(Buffer.concat(chunks).toString('utf8')) }),
  );
  response.on('error', fail);
  response.on('close', () => {
    if (!response.complete) fail(new Error('the connection closed in the middle of the answer'));
  });
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
