import {
  type Context,
  context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { fromOutside } from '../telemetry/recording-limit.js';
import { contextFrom, type Work, withWork } from '../telemetry/work-context.js';

/** Of a request that no route serves: its address is whatever somebody typed. */
export const UNKNOWN_ROUTE = 'unknown';

/** nginx's status for a client that did not wait. */
export const CLIENT_CLOSED = 499;

const CONTEXTS = new WeakMap<FastifyRequest, Context>();
const ANSWERED = new WeakSet<FastifyRequest>();
const GIVEN_UP = new WeakMap<FastifyInstance, ((request: FastifyRequest) => void)[]>();

/**
 * Gives every request its trace and its module. The context is entered twice, since reading a body leaves it:
 * when the request arrives, and again when its body is there.
 */
export function useRequestContext(fastify: FastifyInstance, moduleOf: (path: string) => string): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    // Without its tracestate: that is a client's own text, and nothing that we would hand on to a gateway.
    const { traceparent } = request.headers;
    const outside = contextFrom(typeof traceparent === 'string' ? traceparent : null);
    const route = request.routeOptions.url ?? UNKNOWN_ROUTE;
    const module = moduleOf(withParameters(route, request));
    const work: Work = { module, correlationId: '', causationId: null, about: {} };
    // The span is the module's from its start.
    const parent = withWork(outside, work);
    const span = trace
      .getTracer('waybill')
      .startSpan(
        `${request.method} ${route}`,
        { kind: SpanKind.SERVER, attributes: { 'http.request.method': request.method, 'http.route': route } },
        fromOutside(parent),
      );
    work.correlationId = span.spanContext().traceId;
    const mine = trace.setSpan(parent, span);
    CONTEXTS.set(request, mine);
    reply.raw.once('close', () => {
      if (!ANSWERED.has(request)) context.with(mine, () => giveUp(fastify, request));
    });
    context.with(mine, done);
  });
  fastify.addHook('preValidation', (request, _reply, done) => {
    context.with(CONTEXTS.get(request) ?? context.active(), done);
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    ANSWERED.add(request);
    const mine = CONTEXTS.get(request);
    const span = spanOf(request);
    // Registered first, so that what the other hooks of this kind tell belongs to it.
    context.with(mine ?? ROOT_CONTEXT, done);
    endSpan(span, reply.statusCode);
  });
}

/**
 * Hears of requests whose client has hung up before the answer: then there is no response, whatever becomes of the
 * work. (Fastify's own hook tells only of those that were not even read.)
 */
export function whenGivenUp(fastify: FastifyInstance, hear: (request: FastifyRequest) => void): void {
  GIVEN_UP.set(fastify, [...(GIVEN_UP.get(fastify) ?? []), hear]);
}

/**
 * Ends what is told of a request before its answer: its span is over, and whoever counts or logs what is answered
 * passes it by. For whoever answers it and tells of it in a way of its own.
 */
export function untell(request: FastifyRequest, status: number): void {
  ANSWERED.add(request);
  endSpan(spanOf(request), status);
  CONTEXTS.delete(request);
}

function giveUp(fastify: FastifyInstance, request: FastifyRequest): void {
  for (const hear of GIVEN_UP.get(fastify) ?? []) hear(request);
  endSpan(spanOf(request), CLIENT_CLOSED);
}

function endSpan(span: Span | undefined, status: number): void {
  span?.setAttribute('http.response.status_code', status);
  if (status >= 500) span?.setStatus({ code: SpanStatusCode.ERROR });
  span?.end();
}

function spanOf(request: FastifyRequest) {
  const mine = CONTEXTS.get(request);
  return mine && trace.getSpan(mine);
}

/** The path as the route has it, however the request may have spelt it. */
function withParameters(route: string, { params, url }: FastifyRequest): string {
  if (route === UNKNOWN_ROUTE) return url.split('?', 1)[0] ?? '/';
  const values = (params ?? {}) as Record<string, string>;
  return route.replace(/:(\w+)/g, (whole, name: string) => values[name] ?? whole);
}
