import { setTimeout as sleep } from 'node:timers/promises';
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { Body, Controller, Get, Logger, type LoggerService, Post } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { FastifyInstance } from 'fastify';
import { register } from 'prom-client';
import { eventually } from '../../../test/eventually.js';
import { Config } from '../config/config.js';
import { RequestErrors } from '../errors/common.errors.js';
import { ProblemFilter } from '../errors/problem.filter.js';
import { useTelemetryNames } from '../telemetry/names.js';
import { startTracing } from '../telemetry/tracing.js';
import { Admitted } from './admission.decorator.js';
import { useAdmission } from './admission.hooks.js';
import { createHttpAdapter } from './http-adapter.js';
import { useSecurityHeaders } from './security-headers.js';
import { useRequestContext } from './request-context.hooks.js';
import { logRequests } from './request-log.hook.js';
import { countRequests } from './request-metrics.hook.js';

const LIMIT = 3;
const GIVEN_UP = 'request given up by its client';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

type End = 'well' | 'refused' | 'broken';

/** Parcels at work, each until it is told how to end. */
const atWork: ((end: End) => void)[] = [];

@Controller('parcels')
class ParcelsHttpController {
  @Post()
  @Admitted()
  async send(@Body() body: unknown): Promise<unknown> {
    const end = await new Promise((resolve) => atWork.push(resolve));
    if (end === 'refused') throw RequestErrors.INVALID();
    if (end === 'broken') throw new Error('broken');
    return body;
  }

  @Get()
  list(): unknown[] {
    return [];
  }
}

@Controller('health')
class HealthController {
  @Get()
  health(): unknown {
    return { status: 'ok' };
  }
}

describe('admission', () => {
  const lines: { level: string; message: string }[] = [];
  const keep = (level: string) => (_fields: unknown, message: string) => void lines.push({ level, message });
  let app: NestFastifyApplication;
  let url: string;
  /** Requests that the door has let past. */
  let letPast = 0;

  beforeAll(async () => {
    startTracing();
    useTelemetryNames({ serviceOf: (module) => `${module}-service`, subjects: [] });
    const logger: LoggerService = { log: keep('info'), warn: keep('warn'), error: keep('error') };
    const config = new Config({ NODE_ENV: 'test' });
    const module = await Test.createTestingModule({
      controllers: [ParcelsHttpController, HealthController],
    }).compile();
    app = module.createNestApplication<NestFastifyApplication>(createHttpAdapter(config), {
      bodyParser: false,
      logger: false,
    });
    Logger.overrideLogger(logger);
    const moduleOf = (path: string) => (path.startsWith('/parcels') ? 'parcels' : 'system');
    const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
    useAdmission(fastify, moduleOf, { ceiling: LIMIT, targetMs: 60_000 });
    fastify.addHook('onRequest', (_request, _reply, done) => {
      letPast += 1;
      done();
    });
    useRequestContext(fastify, moduleOf);
    countRequests(fastify);
    logRequests(fastify);
    useSecurityHeaders(fastify, config);
    app.useGlobalFilters(new ProblemFilter());
    await app.listen(0, '127.0.0.1');
    url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  });
  beforeEach(() => {
    lines.splice(0);
    letPast = 0;
  });
  afterEach(() => endAll('well'));
  afterAll(async () => {
    await app.close();
    Logger.overrideLogger(['error', 'warn', 'log']);
  });

  const post = (headers: Record<string, string> = {}, body = '{"weight":3}') =>
    fetch(`${url}/parcels`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
  const series = async (name: string) =>
    (await register.metrics()).split('\n').filter((line) => line.startsWith(`${name}{`));
  const value = async (name: string, labels = '') => {
    const [line] = (await series(name)).filter((each) => each.includes(labels));
    return Number(line?.split(' ')[1] ?? 0);
  };
  const inFlight = () => value('http_admission_in_flight');
  const endAll = async (end: End) => {
    await eventually(async () => {
      for (const each of atWork.splice(0)) each(end);
      expect(await inFlight()).toBe(0);
    });
  };
  /** As many as may be, all at work. */
  const fill = async () => {
    const answers = Array.from({ length: LIMIT }, () => post());
    await eventually(() => expect(atWork).toHaveLength(LIMIT));
    return { answers };
  };
  /** A request of which nothing is sent but what is said. */
  const open = (headers: Record<string, string>, body: string): ClientRequest => {
    const sent = request(`${url}/parcels`, { method: 'POST', headers, agent: false });
    sent.on('error', () => undefined);
    sent.write(body);
    return sent;
  };

  it('refuses what is too much with a problem and a time to come back', async () => {
    const admitted = await fill();
    const refused = await post({ traceparent: `00-${TRACE}-00f067aa0ba902b7-01` });
    expect(refused.status).toBe(503);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await refused.json()).toEqual({
      type: 'urn:waybill:problem:service.overloaded',
      title: 'The system is busy',
      status: 503,
      detail: 'The system is busy',
      instance: '/parcels',
      code: 'SERVICE.OVERLOADED',
      traceId: TRACE,
    });
    expect(atWork).toHaveLength(LIMIT);
    await endAll('well');
    expect((await Promise.all(admitted.answers)).map(({ status }) => status)).toEqual([201, 201, 201]);
  });

  it('tells a trace also to those who bring none', async () => {
    await fill();
    const refused = (await (await post()).json()) as Record<string, unknown>;
    expect(refused['traceId']).toMatch(/^[0-9a-f]{32}$/);
  });

  it('refuses before the body is there', async () => {
    await fill();
    const slow = open({ 'content-type': 'application/json', 'content-length': '1000000' }, '{"weight"');
    const [answer] = (await once(slow, 'response')) as [IncomingMessage];
    expect(answer.statusCode).toBe(503);
    slow.destroy();
  });

  it('refuses nothing else', async () => {
    await fill();
    const statuses = await Promise.all(
      ['/parcels', '/health'].map(async (path) => (await fetch(url + path)).status),
    );
    expect(statuses).toEqual([200, 200]);
  });

  it('counts refusals, also among all requests, and not how long they took', async () => {
    register.resetMetrics();
    await fill();
    await Promise.all([post(), post()]);
    const labels = 'endpoint="/parcels"';
    expect(await series('http_requests_refused_total')).toEqual([
      `http_requests_refused_total{endpoint="/parcels",service="parcels-service"} 2`,
    ]);
    expect(await series('http_requests_total')).toEqual([
      `http_requests_total{method="POST",endpoint="/parcels",status="503",service="parcels-service"} 2`,
    ]);
    expect(await value('http_request_duration_seconds_count', labels)).toBe(0);
    expect([await value('http_admission_limit', labels), await inFlight()]).toEqual([LIMIT, LIMIT]);
  });

  it('says so in one line, however many are refused', async () => {
    jest.spyOn(performance, 'now').mockReturnValue(performance.now() + 60_000);
    await fill();
    await Promise.all(Array.from({ length: 20 }, () => post()));
    jest.restoreAllMocks();
    const about = lines.filter(({ message }) => message !== 'request');
    expect(about).toEqual([{ level: 'warn', message: 'refusing requests: too many are in flight' }]);
  });

  it.each(['well', 'refused', 'broken'] as const)('lets the next one in when one ends %s', async (end) => {
    const {
      answers: [first],
    } = await fill();
    atWork.shift()?.(end);
    expect((await first)?.status).toBe({ well: 201, refused: 400, broken: 500 }[end]);
    const next = post();
    await eventually(() => expect(atWork).toHaveLength(LIMIT));
    await endAll('well');
    expect((await next).status).toBe(201);
  });

  it('lets the next one in when a body is not what it should be', async () => {
    expect((await post({}, '{"weight":')).status).toBe(400);
    expect(await inFlight()).toBe(0);
  });

  it('keeps no place for a body that does not come', async () => {
    const half = open({ 'content-type': 'application/json', 'content-length': '100' }, '{"weight"');
    await sleep(100);
    expect(await inFlight()).toBe(0);
    const { answers } = await fill();
    await endAll('well');
    expect((await Promise.all(answers)).map(({ status }) => status)).not.toContain(503);
    half.destroy();
    await eventually(() => expect(lines.map(({ message }) => message)).toContain(GIVEN_UP));
  });

  it('refuses as at the door when more bodies are finished at one moment than there are places', async () => {
    register.resetMetrics();
    const headers = { 'content-type': 'application/json', 'content-length': '12' };
    const halves = Array.from({ length: 3 * LIMIT }, () => open(headers, '{"weight"'));
    await eventually(() => expect(letPast).toBe(halves.length));
    const refused: IncomingMessage[] = [];
    for (const half of halves)
      half.once('response', (answer) => answer.statusCode === 503 && refused.push(answer));
    for (const half of halves) half.end(':3}');
    await eventually(() => expect(refused).toHaveLength(2 * LIMIT));

    expect([atWork.length, await inFlight()]).toEqual([LIMIT, LIMIT]);
    for (const answer of refused) {
      expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1);
      expect(await json(answer)).toMatchObject({ code: 'SERVICE.OVERLOADED', instance: '/parcels' });
    }
    expect(await series('http_requests_refused_total')).toEqual([
      `http_requests_refused_total{endpoint="/parcels",service="parcels-service"} ${2 * LIMIT}`,
    ]);
    expect(await value('http_requests_total', 'status="503"')).toBe(2 * LIMIT);
    expect(await value('http_request_duration_seconds_count', 'endpoint="/parcels"')).toBe(0);
    expect(lines.filter(({ message }) => message.startsWith('request'))).toEqual([]);
  });

  it('counts work on whose client has hung up until it is done', async () => {
    const gone = open({ 'content-type': 'application/json', 'content-length': '12' }, '{"weight":3}');
    await eventually(() => expect(atWork).toHaveLength(1));
    gone.destroy();
    await eventually(() => expect(lines.map(({ message }) => message)).toContain(GIVEN_UP));
    expect(await inFlight()).toBe(1);
    atWork.shift()?.('well');
    await eventually(async () => expect(await inFlight()).toBe(0));
  });
});
