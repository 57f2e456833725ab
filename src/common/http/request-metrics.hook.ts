import type { FastifyInstance, FastifyRequest } from 'fastify';
import { currentWork, SYSTEM } from '../telemetry/work-context.js';
import { requestDuration, requests } from './http.metrics.js';
import { answeredIn } from './lingering-close.hook.js';
import { CLIENT_CLOSED, UNKNOWN_ROUTE, whenGivenUp } from './request-context.hooks.js';

export interface AnsweredRequest {
  method: string;
  /** The route's template: `/api/v1/orders/:id`. */
  endpoint: string;
  status: string;
  seconds: number;
}

type Observer = (request: AnsweredRequest) => void;
const observers = new Map<string, Observer>();

/** Has the requests to a module's routes measured in a way of the module's own, on top. */
export function measureRequests(module: string, observe: Observer): void {
  observers.set(module, observe);
}

/** Counts what is answered, for the module that the route belongs to. Probes and scrapes are nobody's. */
export function countRequests(fastify: FastifyInstance): void {
  whenGivenUp(fastify, (request) => {
    if (currentWork().module !== SYSTEM)
      requests.inc({ ...labelsOf(request), status: String(CLIENT_CLOSED) });
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const { module } = currentWork();
    if (module !== SYSTEM) {
      const { method, endpoint } = labelsOf(request);
      const answered = {
        method,
        endpoint,
        status: String(reply.statusCode),
        seconds: answeredIn(reply) / 1000,
      };
      requests.inc({ method, endpoint, status: answered.status });
      requestDuration.observe({ method, endpoint }, answered.seconds);
      observers.get(module)?.(answered);
    }
    done();
  });
}

function labelsOf(request: FastifyRequest): { method: string; endpoint: string } {
  return {
    method: KNOWN_METHODS.has(request.method) ? request.method : 'OTHER',
    endpoint: request.routeOptions.url ?? UNKNOWN_ROUTE,
  };
}

/** Anybody can invent a method, and each would be a series. */
const KNOWN_METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']);
