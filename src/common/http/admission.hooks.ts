import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { trace } from '@opentelemetry/api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ServiceErrors } from '../errors/common.errors.js';
import { problemOf } from '../errors/problem.js';
import { serviceOf } from '../telemetry/names.js';
import { contextFrom, runAs } from '../telemetry/work-context.js';
import { admissionInFlight, admissionLimit, refusals } from './admission.metrics.js';
import { requests } from './http.metrics.js';
import { InFlightLimit, type LimitOptions } from './in-flight-limit.js';
import { untell } from './request-context.hooks.js';

/** Between two log lines about refusals. Milliseconds. */
const SILENCE_MS = 10_000;

/** What may be in flight on one route, and what it tells of that. */
class Door {
  readonly limit: InFlightLimit;
  private readonly service: string;
  private readonly log = new Logger('Admission');
  private readonly problem = ServiceErrors.OVERLOADED().toWire();
  private untold = 0;
  private toldAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly method: string,
    private readonly endpoint: string,
    private readonly module: string,
    options: LimitOptions,
  ) {
    this.limit = new InFlightLimit(options);
    this.service = serviceOf(module);
    refusals.startAtZero(this.service, [{ endpoint }]);
  }

  /** All that is spent on a request that is refused: no span, no line, no body. It is counted. */
  refuse(request: FastifyRequest, reply: FastifyReply): void {
    const { method, endpoint, service } = this;
    requests.inc({ method, endpoint, status: String(this.problem.status) }, 1, service);
    refusals.inc({ endpoint }, 1, service);
    this.untold += 1;
    const now = performance.now();
    if (now - this.toldAt >= SILENCE_MS) this.tell(now);
    reply
      .code(this.problem.status)
      .header('Retry-After', String(this.limit.retryAfter()))
      .header('Content-Type', 'application/problem+json')
      .send(JSON.stringify(problemOf(this.problem, endpoint, traceIdOf(request))));
  }

  reading(value: number) {
    return { service: this.service, labels: { endpoint: this.endpoint }, value };
  }

  private tell(now: number): void {
    const line = { route: this.endpoint, refused: this.untold, limit: this.limit.limit };
    runAs(this.module, () => this.log.warn(line, 'refusing requests: too many are in flight'));
    this.untold = 0;
    this.toldAt = now;
  }
}

/** Bytes. An order of a hundred lines has some 10 KiB. */
const ADMITTED_BODY_LIMIT = 128 * 1024;

/**
 * Bounds what is in flight on each route that is `@Admitted()`. Register it before all other hooks: what they do is
 * not done for a request that is refused.
 */
export function useAdmission(
  fastify: FastifyInstance,
  moduleOf: (path: string) => string,
  options: LimitOptions,
): void {
  const doors = new Map<string, Door>();
  const visits = new WeakMap<FastifyRequest, (succeeded: boolean) => void>();
  const doorOf = ({ routeOptions: { config } }: FastifyRequest) =>
    config?.admitted ? doors.get(config.url) : undefined;
  fastify.addHook('onRoute', (route) => {
    const { method, url, config } = route;
    if (!config?.admitted) return;
    doors.set(url, new Door(String(method), url, moduleOf(url), options));
    // Bodies on their way are past the door and have no place yet: nothing but this bounds what they take.
    route.bodyLimit = ADMITTED_BODY_LIMIT;
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    const door = doorOf(request);
    if (door?.limit.refuses()) door.refuse(request, reply);
    else done();
  });
  // It takes its place when its body is there: one that never comes must not keep others out. Those whose bodies come
  // at one moment are more than there are places, and the last of them go as if they had not passed the door.
  fastify.addHook('preValidation', (request, reply, done) => {
    const door = doorOf(request);
    if (!door) return done();
    const leave = door.limit.enter();
    if (leave) {
      visits.set(request, leave);
      done();
    } else {
      untell(request, 503);
      door.refuse(request, reply);
    }
  });
  fastify.addHook('onSend', (request, reply, payload, done) => {
    visits.get(request)?.(reply.statusCode < 400);
    done(null, payload);
  });
  const readings = (of: (limit: InFlightLimit) => number) => () =>
    [...doors.values()].map((door) => door.reading(of(door.limit)));
  const stop = [
    admissionLimit.from(readings(({ limit }) => limit)),
    admissionInFlight.from(readings(({ inFlight }) => inFlight)),
  ];
  fastify.addHook('onClose', () => {
    for (const each of stop) each();
  });
}

/** The caller's trace, or an id that stands in nothing but this answer. */
function traceIdOf({ headers: { traceparent } }: FastifyRequest): string {
  const outside =
    typeof traceparent === 'string' ? trace.getSpanContext(contextFrom(traceparent)) : undefined;
  return outside?.traceId ?? randomUUID().replaceAll('-', '');
}
