import { Logger, type LoggerService } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AuthenticatedRequest } from '../security/principal.js';
import { startTracing } from '../telemetry/tracing.js';
import { useRequestContext } from './request-context.hooks.js';
import { logRequests } from './request-log.hook.js';

interface Line {
  level: string;
  fields: Record<string, unknown>;
}

describe('the request log', () => {
  const lines: Line[] = [];
  const keep = (level: string) => (fields: Record<string, unknown>) => void lines.push({ level, fields });
  const logger: LoggerService = {
    log: keep('info'),
    warn: keep('warn'),
    error: keep('error'),
    debug: keep('debug'),
  };
  let fastify: FastifyInstance;

  beforeAll(async () => {
    startTracing();
    Logger.overrideLogger(logger);
    fastify = new FastifyAdapter().getInstance() as unknown as FastifyInstance;
    useRequestContext(fastify, (path) => (path === '/health' ? 'system' : 'parcels'));
    logRequests(fastify);
    fastify.get('/parcels/:id', (request: FastifyRequest & AuthenticatedRequest) => {
      request.principal = { userId: 'user-1', sessionId: 'session-1', roles: ['customer'] };
      return { ok: true };
    });
    fastify.get('/broken', (_request, reply) => reply.status(500).send({}));
    fastify.get('/health', () => ({ ok: true }));
    await fastify.ready();
  });
  beforeEach(() => void lines.splice(0));
  afterAll(async () => {
    await fastify.close();
    Logger.overrideLogger(['error', 'warn', 'log']);
  });

  it('tells the route, the status, the time it took and who asked', async () => {
    await fastify.inject('/parcels/secret-number?email=alice@example.org');
    expect(lines).toEqual([
      {
        level: 'info',
        fields: {
          method: 'GET',
          route: '/parcels/:id',
          status: 200,
          duration_ms: expect.any(Number) as number,
          user_id: 'user-1',
        },
      },
    ]);
  });

  it('warns of failures', async () => {
    await fastify.inject('/broken');
    expect(lines).toMatchObject([{ level: 'warn', fields: { route: '/broken', status: 500 } }]);
  });

  it('does not repeat an address that is nobody’s route', async () => {
    await fastify.inject('/card/4111111111111111');
    expect(lines).toMatchObject([{ level: 'info', fields: { status: 404 } }]);
    expect(JSON.stringify(lines)).not.toContain('4111');
  });

  it('keeps probes out of the way', async () => {
    await fastify.inject('/health');
    expect(lines).toMatchObject([{ level: 'debug' }]);
  });
});
