import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { type WebSocket, WebSocketServer } from 'ws';
import { runAs } from '../../../common/telemetry/work-context.js';
import { CloseCode } from './close-codes.js';
import type { Hub } from './hub.js';
import { type Desk, LiveConnection, type Tokens } from './live-connection.js';
import type { LiveLimits } from './live-limits.js';

const PATH = '/ws';
/** What we speak. A token may stand beside it: `Sec-WebSocket-Protocol: waybill, <token>`. */
const PROTOCOL = 'waybill';
/** How long clients may take to say goodbye when the process stops. */
const GOODBYE_MS = 1000;

/**
 * `WS /ws` on the HTTP server that is there anyway. Not a Nest gateway: those answer messages, and this endpoint
 * takes one message, checks a token and from then on only talks.
 */
export class LiveServer {
  private readonly connections = new Set<LiveConnection>();
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly sockets: WebSocketServer;
  private stopping = false;

  constructor(
    private readonly hub: Hub,
    private readonly verifier: Tokens,
    private readonly limits: LiveLimits,
    private readonly desk: Desk,
  ) {
    this.sockets = new WebSocketServer({
      noServer: true,
      clientTracking: true,
      maxPayload: limits.maxPayload,
      perMessageDeflate: false,
      handleProtocols: (offered) => offered.has(PROTOCOL) && PROTOCOL,
    });
  }

  get connected(): number {
    return this.connections.size;
  }

  attach(server: Server): void {
    takeOnly(server, isOurs);
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      runAs('notifications', () => this.upgrade(request, socket, head)),
    );
    this.every(this.limits.pingMs, (connection) => connection.ping());
    this.every(this.limits.recheckMs, (connection) => void connection.recheck());
  }

  /** Tells everybody to connect elsewhere. Resolves when all are gone. */
  async close(): Promise<void> {
    this.stopping = true;
    for (const timer of this.timers) clearInterval(timer);
    for (const connection of this.connections) connection.close(CloseCode.GOING_AWAY);
    const deadline = Date.now() + GOODBYE_MS;
    while (this.connections.size > 0 && Date.now() < deadline) await pause(10);
    for (const socket of this.sockets.clients) socket.terminate();
    this.sockets.close();
  }

  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    if (!isOurs(request)) return decline(socket, '404 Not Found');
    this.makeRoom();
    if (this.stopping || this.connections.size >= this.limits.maxTotal)
      return decline(socket, '503 Service Unavailable');
    const token = tokenBesideProtocol(request);
    this.sockets.handleUpgrade(request, socket, head, (client) => this.open(client, token));
  }

  /** Whoever says nothing makes room for whoever comes: honest clients say who they are at once. */
  private makeRoom(): void {
    if (this.connections.size < this.limits.maxUnknown) return;
    const unknown = [...this.connections].filter((connection) => !connection.authenticated);
    const [oldest] = unknown;
    if (oldest && unknown.length >= this.limits.maxUnknown) oldest.close(CloseCode.AUTH_TIMEOUT);
  }

  private open(client: WebSocket, token: string | null): void {
    const connection = new LiveConnection(client, this.hub, this.verifier, this.limits, this.desk);
    this.connections.add(connection);
    client.on('close', () => this.connections.delete(connection));
    if (token !== null) void connection.authenticate(token);
  }

  private every(ms: number, look: (connection: LiveConnection) => void): void {
    const timer = setInterval(() => {
      for (const connection of this.connections) look(connection);
    }, ms);
    this.timers.push(timer.unref());
  }
}

function isOurs(request: IncomingMessage): boolean {
  return request.url?.split('?', 1)[0] === PATH && request.headers.upgrade?.toLowerCase() === 'websocket';
}

/** Browsers cannot set headers on a WebSocket, but they can name protocols. */
function tokenBesideProtocol(request: IncomingMessage): string | null {
  const offered = request.headers['sec-websocket-protocol']?.split(',').map((each) => each.trim()) ?? [];
  return offered.includes(PROTOCOL) ? (offered.find((each) => each !== PROTOCOL) ?? null) : null;
}

/**
 * A server with a listener for upgrades hands over every request that asks for one, also those of `curl --http2`
 * that would be content with an answer over HTTP/1.1. This leaves to HTTP what is no business of ours.
 */
function takeOnly(server: Server, wanted: (request: IncomingMessage) => boolean): void {
  Object.assign(server, { shouldUpgradeCallback: wanted });
}

function decline(socket: Duplex, status: string): void {
  const retry = status.startsWith('503') ? 'Retry-After: 2\r\n' : '';
  socket.end(`HTTP/1.1 ${status}\r\n${retry}Connection: close\r\nContent-Length: 0\r\n\r\n`);
}
