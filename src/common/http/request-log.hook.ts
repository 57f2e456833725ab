import { Logger } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AuthenticatedRequest } from '../security/principal.js';
import { currentWork, SYSTEM, tellAbout } from '../telemetry/work-context.js';
import { CLIENT_CLOSED, UNKNOWN_ROUTE, whenGivenUp } from './request-context.hooks.js';
import { answeredIn } from './lingering-close.hook.js';

/**
 * One line a request: the route and never the URL, whose path and query may be somebody's business. Register it
 * after the request's context, so that the line has its trace.
 */
export function logRequests(fastify: FastifyInstance): void {
  const log = new Logger('Http');
  whenGivenUp(fastify, (request: FastifyRequest & AuthenticatedRequest) => {
    const line = {
      method: request.method,
      route: request.routeOptions.url ?? UNKNOWN_ROUTE,
      status: CLIENT_CLOSED,
      ...(request.principal ? { user_id: request.principal.userId } : {}),
    };
    log.log(line, 'request given up by its client');
  });
  fastify.addHook('onResponse', (request: FastifyRequest & AuthenticatedRequest, reply, done) => {
    const about: Record<string, string> = request.principal ? { user_id: request.principal.userId } : {};
    tellAbout(about);
    const line = {
      method: request.method,
      route: request.routeOptions.url ?? UNKNOWN_ROUTE,
      status: reply.statusCode,
      duration_ms: Math.round(answeredIn(reply) * 10) / 10,
      ...about,
    };
    // Probes and scrapes come every few seconds, and tell their own troubles.
    if (currentWork().module === SYSTEM) log.debug(line, 'request');
    else if (reply.statusCode >= 500) log.warn(line, 'request failed');
    else log.log(line, 'request');
    done();
  });
}
