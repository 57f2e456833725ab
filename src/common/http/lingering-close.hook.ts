import type { IncomingMessage } from 'node:http';
import { finished, Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply } from 'fastify';

/** How long a client may go on sending a body that was answered before its end. */
const LINGER_MS = 2000;

const answered = new WeakMap<FastifyReply, number>();

/** Milliseconds until the request was answered: what its client goes on sending is no part of them. */
export function answeredIn(reply: FastifyReply): number {
  return answered.get(reply) ?? reply.elapsedTime;
}

/**
 * Closes a connection whose request was answered before the end of its body, when that is longer than the route takes
 * or may be: to keep the connection, all of it would have to be read.
 *
 * Before it closes, it goes on reading for a while, and throws away what comes. Closed at once, the connection would be
 * reset as soon as more of it came, and with it goes the answer that the client has not read yet (RFC 9112, 9.6).
 */
export function useLingeringClose(fastify: FastifyInstance): void {
  fastify.addHook('onSend', ({ raw, routeOptions }, reply, payload, done) => {
    if (raw.complete) return done(null, payload);
    if (announced(raw) > (routeOptions.bodyLimit ?? 0)) reply.header('connection', 'close');
    if (reply.getHeader('connection') !== 'close' || typeof payload !== 'string') return done(null, payload);
    answered.set(reply, reply.elapsedTime);
    reply.header('content-length', Buffer.byteLength(payload));
    done(null, Readable.from(lingering(payload, raw), { objectMode: false }));
  });
}

/** Bytes of the body; without end when the client does not say. */
function announced({ headers }: IncomingMessage): number {
  if (headers['transfer-encoding'] !== undefined) return Number.POSITIVE_INFINITY;
  return Number(headers['content-length'] ?? 0);
}

/** The answer, which is whole for the client, and for us ends with what it sends. */
async function* lingering(answer: string, request: Readable): AsyncGenerator<Buffer> {
  yield Buffer.from(answer);
  await new Promise<void>((resolve) => {
    const enough = setTimeout(resolve, LINGER_MS);
    finished(request.resume(), { writable: false }, () => {
      clearTimeout(enough);
      resolve();
    });
  });
}
