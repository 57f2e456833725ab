import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { hasBody, requestHeaders } from './forward-headers.js';
import type { Refusal } from './refusals.js';
import type { Part } from './routes.js';
import type { Upstreams } from './upstreams.js';

const CONNECT_MS = 2000;
/** Longer than any process takes to give up a request by itself. */
const ANSWER_MS = 60_000;
/** No process takes a longer body (BODY_LIMIT of src/common/http). */
const LONGEST_BODY = 1024 * 1024;

/** What a process answered. */
export interface Reply {
  response: IncomingMessage;
  /** Where the request was an upgrade and was accepted. */
  tunnel?: { socket: Duplex; head: Buffer };
  /** To be called when the answer has been passed on. */
  done: () => void;
}

export interface ExchangeOptions {
  /** Aborted when the client has gone. */
  gone: AbortSignal;
  /** Whether the connection is to become a WebSocket: only then may there be a tunnel. */
  upgrade: boolean;
}

/**
 * Sends a request to the first process of its part that takes it. A process that cannot be connected to has seen
 * nothing, so the next one is tried; after that only what changes nothing is sent again.
 */
export async function exchange(
  upstreams: Upstreams,
  part: Part,
  incoming: IncomingMessage,
  options: ExchangeOptions,
): Promise<Reply | Refusal> {
  const { gone } = options;
  let outcome: Refusal = 'UNAVAILABLE';
  for (const upstream of upstreams.inTurn(part)) {
    const done = upstreams.begin(upstream);
    const socket = await open(upstream.port);
    if (typeof socket === 'object') {
      const answer = await send(incoming, socket, options);
      if (typeof answer === 'object') return { ...answer, done };
      outcome = answer;
    } else if (socket === 'refused') {
      upstreams.suspect(upstream);
    }
    done();
    const wasSent = typeof socket === 'object';
    if (gone.aborted || (wasSent && !(outcome === 'BAD_GATEWAY' && isRepeatable(incoming)))) return outcome;
  }
  return outcome;
}

/** A new connection for each request: on one that was used before, a request can cross with its closing. */
function open(port: number): Promise<Socket | 'refused' | 'slow'> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    const fail = () => {
      socket.destroy();
      resolve('refused');
    };
    socket.setTimeout(CONNECT_MS, () => {
      socket.destroy();
      resolve('slow');
    });
    socket.once('error', fail);
    socket.once('connect', () => {
      socket.off('error', fail).setTimeout(0);
      resolve(socket);
    });
  });
}

function send(
  incoming: IncomingMessage,
  socket: Socket,
  { gone, upgrade }: ExchangeOptions,
): Promise<Omit<Reply, 'done'> | 'BAD_GATEWAY' | 'TIMEOUT'> {
  return new Promise((resolve) => {
    const { method, url } = incoming;
    const offer = upgrade ? ['Connection', 'Upgrade', 'Upgrade', 'websocket'] : [];
    const outgoing = request({
      createConnection: () => socket,
      method,
      path: url,
      headers: [...requestHeaders(incoming), ...offer],
      signal: gone,
    });
    outgoing.setTimeout(ANSWER_MS, () => {
      resolve('TIMEOUT');
      outgoing.destroy();
    });
    outgoing.on('response', (response) => resolve({ response }));
    outgoing.on('upgrade', (response, tunnel, head) => {
      outgoing.setTimeout(0);
      tunnel.on('error', () => undefined); // It may be cut before anybody holds it.
      if (!upgrade) {
        tunnel.destroy(); // Nobody has asked for it.
        return resolve('BAD_GATEWAY');
      }
      resolve({ response, tunnel: { socket: tunnel, head } });
    });
    outgoing.on('error', () => resolve('BAD_GATEWAY'));
    if (hasBody(incoming)) sendBody(incoming, outgoing);
    else outgoing.end();
  });
}

/** What is too long is not sent to its end: the connection would break off before the refusal was read. */
function sendBody(incoming: IncomingMessage, outgoing: ClientRequest): void {
  if (Number(incoming.headers['content-length'] ?? 0) > LONGEST_BODY) return outgoing.flushHeaders();
  let left = LONGEST_BODY;
  incoming.pipe(outgoing);
  incoming.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) incoming.unpipe(outgoing);
  });
}

/** Changes nothing, and has no body that was read already. */
function isRepeatable(incoming: IncomingMessage): boolean {
  return ['GET', 'HEAD'].includes(incoming.method ?? '') && !hasBody(incoming);
}
