import { type Context, context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Work, withWork } from '../telemetry/work-context.js';

/** Of a request that no route serves: its address is whatever somebody typed. */
export const UNKNOWN_ROUTE = 'unknown';

const CONTEXTS = new WeakMap<FastifyRequest, Context>();

/**
 * Gives every request its trace and its module. The context is entered twice, since reading a body leaves it:
 * when the request arrives, and again when its body is there.
 */
export function useRequestContext(fastify: FastifyInstance, moduleOf: (path: string) => string): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const outside = propagation.extract(context.active(), request.headers);
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
        parent,
      );
    work.correlationId = span.spanContext().traceId;
    const mine = trace.setSpan(parent, span);
    CONTEXTS.set(request, mine);
    context.with(mine, done);
  });
  fastify.addHook('preValidation', (request, _reply, done) => {
    context.with(CONTEXTS.get(request) ?? context.active(), done);
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const mine = CONTEXTS.get(request);
    const span = mine && trace.getSpan(mine);
    span?.setAttribute('http.response.status_code', reply.statusCode);
    if (reply.statusCode >= 500) span?.setStatus({ code: SpanStatusCode.ERROR });
    // Registered first, so that what the other hooks of this kind tell belongs to it.
    if (mine) context.with(mine, done);
    else done();
    span?.end();
  });
}

/** The path as the route has it, however the request may have spelt it. */
function withParameters(route: string, { params, url }: FastifyRequest): string {
  if (route === UNKNOWN_ROUTE) return url.split('?', 1)[0] ?? '/';
  const values = (params ?? {}) as Record<string, string>;
  return route.replace(/:(\w+)/g, (whole, name: string) => values[name] ?? whole);
}
