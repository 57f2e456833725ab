import { once } from 'node:events';
import { createServer, type IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Duplex, pipeline } from 'node:stream';
import { exchange, type Reply } from './exchange.js';
import { asksForWebSocket, responseHeaders } from './forward-headers.js';
import { type Refusal, refusalOf } from './refusals.js';
import { partOfRoute } from './routes.js';
import type { Upstreams } from './upstreams.js';

/** How long a client may go on sending a body that was answered before its end. */
const LINGER_MS = 2000;
const RETRY_AFTER_S = '1';

export interface ProxyOptions {
  /** Whether there is a process that has the web page. */
  frontend?: boolean;
}

/**
 * One address for all processes: sends each request to the module that its path belongs to, as Traefik does elsewhere.
 * 503 means that nobody had the request; after a 502 or 504 it may have been carried out.
 */
export class Proxy {
  private readonly server = createServer({ shouldUpgradeCallback: asksForWebSocket });
  private readonly tunnels = new Set<Duplex>();
  private port = 0;

  private constructor(
    private readonly upstreams: Upstreams,
    private readonly options: ProxyOptions,
  ) {
    // Clients notice sooner than we do that a connection is old.
    this.server.keepAliveTimeout = 65_000;
    this.server.on('request', (request, response) => {
      this.serve(request, response).catch(() => response.destroy());
    });
    this.server.on('upgrade', (request, socket, head) => {
      this.upgrade(request, socket, head).catch(() => socket.destroy());
    });
  }

  /** Listens on 127.0.0.1; port 0 takes a free one. */
  static async listen(upstreams: Upstreams, port: number, options: ProxyOptions = {}): Promise<Proxy> {
    const proxy = new Proxy(upstreams, options);
    proxy.server.listen(port, '127.0.0.1');
    await once(proxy.server, 'listening').catch((error: unknown) => {
      throw (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
        ? new Error(`Port ${port} is in use: stop what listens there, or set LAB_PORT.`)
        : error;
    });
    proxy.port = (proxy.server.address() as AddressInfo).port;
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Cuts all connections. */
  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    for (const socket of this.tunnels) socket.destroy();
    await closed;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', () => undefined);
    const reply = await this.ask(request, response, false);
    if (typeof reply === 'string') refuse(reply, request, response);
    else pass(reply, response);
    response.once('finish', () => drain(request));
  }

  private async upgrade(request: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
    this.tunnels.add(client.on('error', () => undefined).on('close', () => this.tunnels.delete(client)));
    const response = responseOn(client, request);
    const reply = await this.ask(request, client, true);
    if (typeof reply === 'string') return refuse(reply, request, response);
    if (!reply.tunnel) return pass(reply, response);
    response.detachSocket(client as Socket);
    reply.done();
    if (client.destroyed) return void reply.tunnel.socket.destroy();
    join(reply.response, { socket: client, head }, reply.tunnel);
  }

  private ask(
    request: IncomingMessage,
    client: Duplex | ServerResponse,
    upgrade: boolean,
  ): Promise<Reply | Refusal> {
    const part = partOfRoute(request.method ?? '', pathOf(request));
    if (part === undefined || (part === 'frontend' && !this.options.frontend))
      return Promise.resolve('NOT_FOUND');
    const gone = new AbortController();
    client.once('close', () => gone.abort());
    return exchange(this.upstreams, part, request, { gone: gone.signal, upgrade });
  }
}

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? '/';
}

function refuse(refusal: Refusal, request: IncomingMessage, response: ServerResponse): void {
  const problem = refusalOf(refusal, pathOf(request));
  const body = Buffer.from(JSON.stringify(problem));
  response.writeHead(problem.status, {
    'Content-Type': 'application/problem+json',
    'Content-Length': body.length,
    'Cache-Control': 'no-store',
    ...(refusal === 'UNAVAILABLE' ? { 'Retry-After': RETRY_AFTER_S } : {}),
  });
  response.end(body);
}

function pass({ response: answer, done }: Reply, response: ServerResponse): void {
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage, responseHeaders(answer));
  // An answer that breaks off is broken off for the client too.
  pipeline(answer, response, () => done());
}

/** Takes the rest of a body that nobody wants: cut off while it sends, a client might not read the answer. */
function drain(request: IncomingMessage): void {
  if (request.complete) return;
  request.unpipe();
  request.resume();
  setTimeout(() => request.complete || request.socket.destroy(), LINGER_MS).unref();
}

/** For an upgrade that is answered as an ordinary request would be; the connection ends with it. */
function responseOn(client: Duplex, request: IncomingMessage): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(client as Socket);
  response.once('finish', () => client.end());
  return response;
}

interface End {
  socket: Duplex;
  head: Buffer;
}

function join(answer: IncomingMessage, client: End, member: End): void {
  const headers: string[] = [];
  for (let index = 0; index + 1 < answer.rawHeaders.length; index += 2)
    headers.push(`${answer.rawHeaders[index]}: ${answer.rawHeaders[index + 1]}\r\n`);
  client.socket.write(`HTTP/1.1 101 Switching Protocols\r\n${headers.join('')}\r\n`);
  client.socket.write(member.head);
  member.socket.write(client.head);
  member.socket.on('error', () => client.socket.destroy()).on('close', () => client.socket.destroy());
  client.socket.on('error', () => member.socket.destroy()).on('close', () => member.socket.destroy());
  client.socket.pipe(member.socket).pipe(client.socket);
}
