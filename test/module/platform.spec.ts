import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { demoCommands } from '../../src/banner.js';
import { Lifecycle } from '../../src/common/health/lifecycle.js';
import { eventually } from '../eventually.js';
import { startWaybill, type WaybillInside } from '../harness.js';
import { type RawAnswer, type RawRequest, rawRequest } from '../raw-http.js';

const JSON_TYPE = { 'content-type': 'application/json' };
const LOGIN = '/api/v1/users/login';

describe('what every process serves', () => {
  let waybill: WaybillInside;
  const raw = (path: string, options?: RawRequest) => rawRequest(waybill.url, path, options);

  beforeAll(async () => {
    waybill = await startWaybill();
  });
  afterAll(() => waybill.stop());

  const expectProblem = (
    { status, headers, text }: RawAnswer,
    expected: { status: number; code: string },
  ) => {
    expect(headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(JSON.parse(text)).toMatchObject(expected);
    expect(status).toBe(expected.status);
    expect(text).not.toMatch(/node_modules|\bat .*:\d+:\d+/);
  };

  describe('health', () => {
    it('is alive', async () => {
      const { status, text } = await raw('/health');
      expect([status, JSON.parse(text)]).toEqual([200, { status: 'ok' }]);
    });

    it('is ready when its databases answer', async () => {
      const { status, text } = await raw('/ready');
      expect(status).toBe(200);
      expect(JSON.parse(text)).toMatchObject({
        status: 'ok',
        info: {
          process: { status: 'up' },
          'database.orders': { status: 'up' },
          'database.users': { status: 'up' },
        },
      });
    });

    it('is alive but not ready while a database is away, names it, and comes back', async () => {
      await waybill.sql('ALTER ROLE waybill_catalog NOLOGIN');
      await waybill.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'waybill_catalog'",
      );
      const away = await eventually(async () => {
        const answer = await raw('/ready');
        expect(answer.status).toBe(503);
        return answer;
      });
      expect(Object.keys((JSON.parse(away.text) as { error: object }).error)).toEqual(['database.catalog']);
      expect(away.text).not.toMatch(/127\.0\.0\.1|waybill_catalog/);
      expect((await raw('/health')).status).toBe(200);
      await waybill.sql('ALTER ROLE waybill_catalog LOGIN');
      await eventually(async () => expect((await raw('/ready')).status).toBe(200));
    });

    it('serves metrics at both addresses, without a token', async () => {
      for (const path of ['/metrics', '/actuator/prometheus']) {
        const { status, headers, text } = await raw(path);
        expect(status).toBe(200);
        expect(headers['content-type']).toMatch(/^application\/openmetrics-text/);
        expect(text).toContain('process_resident_memory_bytes');
      }
    });
  });

  it('lets the commands of the banner run as they stand', async () => {
    const script = demoCommands(waybill.url).join('\n');
    const { stdout } = await promisify(execFile)('sh', ['-c', script]);
    const [placed, listed] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as never) as unknown as [
      { id: string; status: string },
      { data: { id: string }[] },
    ];
    expect(placed.status).toBe('confirmed');
    expect(listed.data).toEqual([expect.objectContaining({ id: placed.id })]);
  });

  describe('requests that make no sense', () => {
    it('are a problem at an unknown address', async () => {
      expectProblem(await raw('/api/v1/nothing'), { status: 404, code: 'REQUEST.NOT_FOUND' });
    });

    it.each(['PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'])('are a problem with the method %s', async (method) => {
      expectProblem(await raw('/api/v1/products', { method }), { status: 404, code: 'REQUEST.NOT_FOUND' });
    });

    it.each([
      ['malformed JSON', '{"email":'],
      ['a lone value that is not JSON', 'hello'],
      ['a __proto__ key', '{"__proto__":{"admin":true},"email":"a","password":"b"}'],
      ['a constructor.prototype key', '{"constructor":{"prototype":{"admin":true}}}'],
      ['JSON nested 10,000 deep', `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
    ])('are a problem with %s', async (_, body) => {
      const answer = await raw(LOGIN, { method: 'POST', headers: JSON_TYPE, body });
      expectProblem(answer, { status: 400, code: 'REQUEST.MALFORMED_JSON' });
    });

    it('are a problem over 1 MiB', async () => {
      const body = JSON.stringify({ email: 'a'.repeat(1024 * 1024), password: 'b' });
      const answer = await raw(LOGIN, { method: 'POST', headers: JSON_TYPE, body });
      expectProblem(answer, { status: 413, code: 'REQUEST.TOO_LARGE' });
    });

    it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'nonsense'])(
      'are a problem with the content type %s',
      async (type) => {
        const answer = await raw(LOGIN, { method: 'POST', headers: { 'content-type': type }, body: 'a=b' });
        expectProblem(answer, { status: 415, code: 'REQUEST.UNSUPPORTED_MEDIA_TYPE' });
      },
    );

    it.each([[''], ['null'], ['[]'], ['"text"'], ['7']])('are a problem with the body %j', async (body) => {
      const answer = await raw(LOGIN, { method: 'POST', headers: JSON_TYPE, body });
      expectProblem(answer, { status: 400, code: 'REQUEST.INVALID' });
    });

    it.each(['/%', '/api/v1/products/%E0%A4%A', '/api/v1/products/%zz'])(
      'are a problem at %s',
      async (path) => {
        expectProblem(await raw(path), { status: 400, code: 'REQUEST.INVALID' });
      },
    );

    it('are a problem with a parameter without end', async () => {
      const answer = await raw(`/api/v1/products/${'A'.repeat(5000)}`);
      expectProblem(answer, { status: 400, code: 'REQUEST.INVALID' });
    });

    it('answer the head of what GET answers, and no body', async () => {
      const { status, text } = await raw('/api/v1/products', { method: 'HEAD' });
      expect([status, text]).toEqual([200, '']);
    });
  });

  describe('a protected route without a token', () => {
    it.each([
      '/api/v1/orders',
      '/api/v1/orders/',
      '//api/v1/orders',
      '/api//v1/orders',
      '/api/v1//orders',
      '/api/v1/%6frders',
      '/api/v1/%6Frders',
      '/%61pi/v1/orders',
      '/api%2fv1%2forders',
      '/api/v1/ORDERS',
      '/API/v1/orders',
      '/api/v1/./orders',
      '/api/v1/products/../orders',
      '/api/v1/orders;a=b',
      '/api/v1/orders?token=x',
      '/api/v1/orders#products',
      '/api/v1/orders%00',
      '/api/v1/orders%20',
      '/docs/../api/v1/orders',
      '/docs/..%2fapi%2fv1%2forders',
      'http://127.0.0.1/api/v1/orders',
      'http://evil.example/api/v1/orders',
      '/api/v1/inventory',
      '/api/v1/payments',
      '/api/v1/users',
      '/api/v1/users/me',
      '/api/v1/notifications',
    ])('is never served: %s', async (path) => {
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']) {
        const { status } = await raw(path, { method });
        expect({ method, status, refused: status >= 400 && status < 500 }).toMatchObject({ refused: true });
      }
    });

    it('is not opened by headers that rewrite the address or the method', async () => {
      for (const name of ['x-original-url', 'x-rewrite-url', 'x-forwarded-prefix', 'x-forwarded-path']) {
        expect((await raw('/api/v1/orders', { headers: { [name]: '/health' } })).status).toBe(401);
      }
      const override = { 'x-http-method-override': 'GET', ...JSON_TYPE };
      expect((await raw('/api/v1/orders', { method: 'POST', headers: override, body: '{}' })).status).toBe(
        401,
      );
    });
  });

  it('is not ready any more once it stops', async () => {
    waybill.app.get(Lifecycle).markStopping();
    const { status, headers, text } = await raw('/ready');
    expect(status).toBe(503);
    expect(JSON.parse(text)).toMatchObject({
      status: 'error',
      error: { process: { status: 'down', message: 'stopping' } },
    });
    expect(headers['connection']).toBe('close');
  });
});
