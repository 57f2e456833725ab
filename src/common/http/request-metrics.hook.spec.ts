import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { register } from 'prom-client';
import { useTelemetryNames } from '../telemetry/names.js';
import { startTracing } from '../telemetry/tracing.js';
import { useRequestContext } from './request-context.hooks.js';
import { type AnsweredRequest, countRequests, measureRequests } from './request-metrics.hook.js';

describe('metrics of requests', () => {
  let fastify: FastifyInstance;
  const measured: AnsweredRequest[] = [];
  const counted = async () =>
    (await register.metrics())
      .split('\n')
      .filter((line) => line.startsWith('http_requests_total{'))
      .map((line) => line.replace('http_requests_total', ''));

  beforeAll(async () => {
    startTracing();
    useTelemetryNames({ serviceOf: (module) => `${module}-service`, subjects: [] });
    fastify = new FastifyAdapter().getInstance() as unknown as FastifyInstance;
    useRequestContext(fastify, (path) => (path.startsWith('/parcels') ? 'parcels' : 'system'));
    countRequests(fastify);
    measureRequests('parcels', (request) => measured.push(request));
    fastify.get('/parcels/:id', () => ({ ok: true }));
    fastify.post('/parcels', (_request, reply) => reply.status(201).send({}));
    fastify.get('/health', () => ({ ok: true }));
    await fastify.ready();
  });
  beforeEach(() => {
    register.resetMetrics();
    measured.length = 0;
  });
  afterAll(() => fastify.close());

  it('are counted by route and never by address', async () => {
    await fastify.inject('/parcels/secret-number?email=ada@example.org');
    await fastify.inject('/parcels/another');
    await fastify.inject({ method: 'POST', url: '/parcels' });
    expect(await counted()).toEqual([
      '{method="GET",endpoint="/parcels/:id",status="200",service="parcels-service"} 2',
      '{method="POST",endpoint="/parcels",status="201",service="parcels-service"} 1',
    ]);
  });

  it('put all addresses that a module does not serve under one name', async () => {
    for (const path of ['/parcels/a/b/c', '/parcels/a/b/d?x=1']) await fastify.inject(path);
    expect(await counted()).toEqual([
      '{method="GET",endpoint="unknown",status="404",service="parcels-service"} 2',
    ]);
  });

  it("leave out probes and what is nobody's", async () => {
    await fastify.inject('/health');
    await fastify.inject('/wp-login.php');
    expect(await counted()).toEqual([]);
  });

  it('are told to the module itself, that may measure them in its own way', async () => {
    await fastify.inject('/parcels/1');
    await fastify.inject('/health');
    expect(measured).toEqual([
      { method: 'GET', endpoint: '/parcels/:id', status: '200', seconds: expect.any(Number) as number },
    ]);
  });
});
