import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { ProblemFilter } from '../errors/problem.filter.js';
import { depthOf, useJsonBodies } from './json-body.parser.js';

describe('depthOf', () => {
  it.each<[string, number]>([
    ['5', 0],
    ['"[[[["', 0],
    ['"\\"[[[["', 0],
    ['"\\\\"', 0],
    ['[]', 1],
    ['{"a":[{"b":[1]}]}', 4],
    ['[[],[],[[]]]', 3],
    ['{"a\\"]":["]}",{}]}', 3],
    ['"unterminated [[[', 0],
    ['"unterminated \\', 0],
    ['[[[', 3],
    [']]][', 0],
  ])('of %s is %i', (json, depth) => {
    expect(depthOf(json)).toBe(depth);
  });

  it('of a body that is nothing but brackets is found without recursion', () => {
    expect(depthOf('['.repeat(1_000_000))).toBe(1_000_000);
  });
});

describe('a JSON body', () => {
  let server: FastifyInstance;

  beforeAll(async () => {
    const problems = new ProblemFilter();
    server = new FastifyAdapter({ bodyLimit: 1024 * 1024 }).getInstance() as unknown as FastifyInstance;
    useJsonBodies(server);
    server.setErrorHandler((error, request, reply) => problems.answer(error, request, reply));
    server.post('/', (request, reply) => reply.send({ got: request.body ?? 'nothing' }));
    await server.ready();
  });

  afterAll(() => server.close());

  const post = async (payload: string | Buffer, contentType = 'application/json') => {
    const reply = await server.inject({
      method: 'POST',
      url: '/',
      payload,
      headers: { 'content-type': contentType },
    });
    const body: { code?: string; got?: unknown } = reply.json();
    return { status: reply.statusCode, code: body.code, got: body.got };
  };
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

  it('is read as it stands', async () => {
    expect(await post('{"a":[1,"ü"]}')).toMatchObject({ status: 200, got: { a: [1, 'ü'] } });
    expect(await post('{}', 'application/json; charset=utf-8')).toMatchObject({ status: 200, got: {} });
    expect(await post(nested(32))).toMatchObject({ status: 200 });
  });

  it('that is empty is no body', async () => {
    expect(await post('')).toMatchObject({ status: 200, got: 'nothing' });
  });

  it.each<[string, string]>([
    ['cut short', '{"a":'],
    ['not JSON', 'a=1'],
    ['deeper than any honest one', nested(33)],
    ['10,000 deep', nested(10_000)],
    ['10,000 deep and broken', '['.repeat(10_000)],
    ['with a prototype', '{"__proto__":{"admin":true}}'],
    ['with a prototype further down', '{"a":[{"__proto__":{"admin":true}}]}'],
    ['with an escaped prototype', '{"\\u005f_proto__":{"admin":true}}'],
    ['with a constructor prototype', '{"constructor":{"prototype":{"admin":true}}}'],
    ['with a number past JSON', '{"a":NaN}'],
    ['with two values', '{}{}'],
  ])('%s is REQUEST.MALFORMED_JSON', async (_, payload) => {
    expect(await post(payload)).toMatchObject({ status: 400, code: 'REQUEST.MALFORMED_JSON' });
  });

  it('over a mebibyte is REQUEST.TOO_LARGE', async () => {
    expect(await post(`"${'x'.repeat(1024 * 1024)}"`)).toMatchObject({
      status: 413,
      code: 'REQUEST.TOO_LARGE',
    });
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
  ])('called %s is REQUEST.UNSUPPORTED_MEDIA_TYPE', async (type) => {
    expect(await post('{}', type)).toMatchObject({ status: 415, code: 'REQUEST.UNSUPPORTED_MEDIA_TYPE' });
  });
});
