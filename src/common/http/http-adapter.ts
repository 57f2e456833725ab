import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config/config.js';
import { RequestErrors } from '../errors/common.errors.js';
import { ProblemFilter } from '../errors/problem.filter.js';
import { problemOf } from '../errors/problem.js';
import { useJsonBodies } from './json-body.parser.js';
import { useLingeringClose } from './lingering-close.hook.js';

export const BODY_LIMIT = 1024 * 1024;
/** Milliseconds for a request to arrive whole, and for its head. */
const ARRIVAL_MS = 10_000;
/** Milliseconds for the answer to what is not HTTP to leave. */
const LAST_WORD_MS = 2000;

/** Fastify with every limit set: its defaults are none. Times are milliseconds. */
export function createHttpAdapter(config: Pick<Config, 'trustProxy'>): FastifyAdapter {
  const problems = new ProblemFilter();
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    requestTimeout: ARRIVAL_MS,
    // Node looks at both, and takes the longer one for the body: what Fastify sets by itself is the shorter one alone.
    http: {
      requestTimeout: ARRIVAL_MS,
      headersTimeout: ARRIVAL_MS,
      connectionsCheckingInterval: 1000,
    },
    connectionTimeout: 60_000,
    keepAliveTimeout: 30_000,
    // An open connection may still bring a request while the process stops: it is served, then closed.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    trustProxy: config.trustProxy ?? false,
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) =>
      problems.answer(error, request, reply),
    clientErrorHandler: answerBadHttp,
  });
  const fastify = adapter.getInstance() as unknown as FastifyInstance;
  useJsonBodies(fastify);
  useLingeringClose(fastify);
  return adapter;
}

/** What is not even HTTP has no request to answer to: one problem on the bare socket, and that is it. */
function answerBadHttp(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const late = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const problem = (
    late ? RequestErrors.TIMEOUT() : RequestErrors.INVALID('This is not HTTP/1.1 as we know it')
  ).toWire();
  const body = JSON.stringify(problemOf(problem, '/', null));
  socket.end(
    `HTTP/1.1 ${problem.status} ${late ? 'Request Timeout' : 'Bad Request'}\r\nContent-Type: application/problem+json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
  // Nobody else would: a client that keeps its side open would be with us for good.
  setTimeout(() => socket.destroy(), LAST_WORD_MS).unref();
}
