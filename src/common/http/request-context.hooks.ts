import { type Context, context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { withWork } from '../telemetry/work-context.js';

const CONTEXTS = new WeakMap<FastifyRequest, Context>();

/**
 * Gives every request its trace and its module. The context is entered twice, since reading a body leaves it:
 * when the request arrives, and again when its body is there.
 */
export function useRequestContext(fastify: FastifyInstance, moduleOf: (path: string) => string): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const parent = propagation.extract(context.active(), request.headers);
    const route = request.routeOptions.url ?? 'unknown';
    const span = trace
      .getTracer('waybill')
      .startSpan(
        `${request.method} ${route}`,
        { kind: SpanKind.SERVER, attributes: { 'http.request.method': request.method, 'http.route': route } },
        parent,
      );
    const work = {
      module: moduleOf(withParameters(route, request)),
      correlationId: span.spanContext().traceId,
      causationId: null,
    };
    const mine = withWork(trace.setSpan(parent, span), work);
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
    span?.end();
    if (mine) context.with(mine, done);
    else done();
  });
}

/** The path as the route has it, however the request may have spelt it. */
function withParameters(route: string, { params }: FastifyRequest): string {
  const values = (params ?? {}) as Record<string, string>;
  return route.replace(/:(\w+)/g, (whole, name: string) => values[name] ?? whole);
}
