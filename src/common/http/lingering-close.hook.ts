import { finished, Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';

/** How long a client may go on sending a body that was answered before its end. */
const LINGER_MS = 2000;

/**
 * Goes on reading, and throws away, what comes of a body that is refused before its end. Closed at once, the connection
 * would be reset as soon as more of it came, and with it goes the answer that the client has not read yet (RFC 9112,
 * 9.6).
 */
export function useLingeringClose(fastify: FastifyInstance): void {
  fastify.addHook('onSend', ({ raw }, reply, payload, done) => {
    if (raw.complete || reply.getHeader('connection') !== 'close' || typeof payload !== 'string')
      return done(null, payload);
    reply.header('content-length', Buffer.byteLength(payload));
    done(null, Readable.from(lingering(payload, raw), { objectMode: false }));
  });
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
