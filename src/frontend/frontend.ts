import type { FastifyInstance } from 'fastify';
import { RequestErrors } from '../common/errors/common.errors.js';
import { ProblemFilter } from '../common/errors/problem.filter.js';
import { createHttpAdapter } from '../common/http/http-adapter.js';
import { useSecurityHeaders } from '../common/http/security-headers.js';
import { serveWebPage, type WebPageOptions } from '../common/http/web-page.js';

export interface FrontendOptions extends WebPageOptions {
  production: boolean;
}

/**
 * The web page by itself, where the modules are processes of their own: the reverse proxy sends it whatever is
 * nobody's. It knows none of the modules and keeps nothing, so it is alive and ready as long as it answers.
 */
export async function createFrontend({ production, ...page }: FrontendOptions): Promise<FastifyInstance> {
  const fastify = createHttpAdapter({ trustProxy: null }).getInstance() as unknown as FastifyInstance;
  const problems = new ProblemFilter();
  fastify.setErrorHandler((error, request, reply) => problems.answer(error, request, reply));
  fastify.setNotFoundHandler((request, reply) => problems.answer(RequestErrors.NOT_FOUND(), request, reply));
  useSecurityHeaders(fastify, { production });
  for (const path of ['/health', '/ready'])
    fastify.get(path, (_request, reply) => reply.send({ status: 'ok' }));
  await serveWebPage(fastify, page);
  return fastify;
}
