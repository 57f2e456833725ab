import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Observable, throwError } from 'rxjs';
import { currentTraceId } from '../telemetry/work-context.js';
import { isConnectionLoss } from '../persistence/database-errors.js';
import { RequestErrors, ServiceErrors, Unavailable } from './common.errors.js';
import { DomainError } from './domain-error.js';
import { problemOf } from './problem.js';

/** Turns whatever was thrown into problem+json; between modules it is the transport that makes a code of it. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly log = new Logger('Http');

  catch(error: unknown, host: ArgumentsHost): Observable<never> | undefined {
    if (host.getType() !== 'http') return throwError(() => error);
    const http = host.switchToHttp();
    this.answer(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
    return undefined;
  }

  /** Also Fastify's own error handler: what fails before a route is found is answered alike. */
  answer(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const error = toDomainError(thrown);
    if (error.status === 500)
      this.log.error({ err: thrown, path: request.routeOptions?.url }, 'A request failed');
    if (reply.sent) return;
    if (error.retryAfter !== undefined) reply.header('Retry-After', String(error.retryAfter));
    if (error.status === 401) reply.header('WWW-Authenticate', 'Bearer realm="waybill"');
    const path = request.url.split('?', 1)[0] ?? '/';
    reply
      .status(error.status)
      .type('application/problem+json')
      .send(problemOf(error.toWire(), path, currentTraceId()));
  }
}

interface HttpLike {
  statusCode?: number;
  code?: string;
}

const BAD_ADDRESS = new Set(['FST_ERR_BAD_URL', 'FST_ERR_MAX_PARAM_LENGTH']);

function toDomainError(thrown: unknown): DomainError {
  if (thrown instanceof DomainError) return thrown;
  if (isConnectionLoss(thrown)) return new Unavailable('The database is unavailable');
  const { statusCode, code } = (thrown ?? {}) as HttpLike;
  const status = thrown instanceof HttpException ? thrown.getStatus() : (statusCode ?? 500);
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE' || status === 415)
    return RequestErrors.UNSUPPORTED_MEDIA_TYPE();
  if (status === 413) return RequestErrors.TOO_LARGE();
  if (status === 404) return RequestErrors.NOT_FOUND();
  if (status === 408) return RequestErrors.TIMEOUT();
  if (status === 503) return ServiceErrors.OVERLOADED();
  if (BAD_ADDRESS.has(code ?? '')) return RequestErrors.INVALID('The address is not a valid URL');
  if (status >= 400 && status < 500)
    return code?.startsWith('FST_ERR_CTP') ? RequestErrors.MALFORMED_JSON() : RequestErrors.INVALID();
  return ServiceErrors.INTERNAL();
}
