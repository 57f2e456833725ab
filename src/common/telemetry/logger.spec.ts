import { trace } from '@opentelemetry/api';
import { QueryFailedError } from 'typeorm';
import { createLogger } from './logger.js';
import { useTelemetryNames } from './names.js';
import { startTracing } from './tracing.js';
import { runAs, tellAbout } from './work-context.js';

type Line = Record<string, unknown>;

describe('the logger', () => {
  let written: string[];
  const logger = (level = 'info') => {
    written = [];
    return createLogger(level, { write: (text) => void written.push(text) });
  };
  const lines = () => written.map((text) => JSON.parse(text) as Line);

  beforeAll(() => {
    startTracing();
    useTelemetryNames({ serviceOf: (module) => `${module}-service`, subjects: [] });
  });

  it('writes one JSON object a line, with the fields that the log schema has', () => {
    logger().info({ order_id: 'o1' }, 'An order\nof "two" lines');
    expect(written).toHaveLength(1);
    expect(written[0]?.indexOf('\n')).toBe((written[0]?.length ?? 0) - 1);
    expect(lines()[0]).toEqual({
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      level: 'info',
      service: 'system-service',
      module: 'system',
      order_id: 'o1',
      message: 'An order\nof "two" lines',
    });
  });

  it('keeps to its level', () => {
    const log = logger('warn');
    log.info('no');
    log.warn('yes');
    expect(lines().map(({ message }) => message)).toEqual(['yes']);
  });

  it('names the module and the trace in which it is called', () => {
    const log = logger();
    trace.getTracer('test').startActiveSpan('work', (span) => {
      runAs('orders', () => log.info('hello'));
      const { traceId, spanId } = span.spanContext();
      expect(lines()[0]).toMatchObject({
        module: 'orders',
        service: 'orders-service',
        trace_id: traceId,
        span_id: spanId,
      });
      span.end();
    });
  });

  it('names what the work is about, from when that is known and not beyond the work', () => {
    const log = logger();
    runAs('orders', () => {
      log.info('before');
      tellAbout({ order_id: 'o1' });
      log.info('after');
      runAs('payments', () => log.info('elsewhere'));
    });
    runAs('orders', () => log.info('next'));
    expect(lines().map(({ order_id }) => order_id)).toEqual([undefined, 'o1', undefined, undefined]);
  });

  it('tells an error under `error`, with its code, stack and causes', () => {
    const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    logger().error({ err: new RangeError('too far', { cause }) }, 'It failed');
    expect(lines()[0]).toMatchObject({
      message: 'It failed',
      error: {
        type: 'RangeError',
        message: 'too far',
        stack: expect.stringContaining('logger.spec'),
        cause: { type: 'Error', message: 'refused', code: 'ECONNREFUSED' },
      },
    });
    expect(lines()[0]).not.toHaveProperty('err');
  });

  it('tells what was thrown without being an error', () => {
    logger().error({ err: 'oops' }, 'It failed');
    expect(lines()[0]).toMatchObject({ error: { message: 'oops' } });
  });

  it('tells an error that is logged by itself', () => {
    logger().error(new RangeError('too far'));
    expect(lines()[0]).toMatchObject({ message: 'too far', error: { type: 'RangeError' } });
  });

  it('bounds what it is given, circles too', () => {
    const circle: { self?: object } = {};
    circle.self = circle;
    logger().info({ circle, at: new Date(0), nothing: undefined, none: null }, 'hello');
    expect(lines()[0]).toMatchObject({ at: '1970-01-01T00:00:00.000Z', none: null, message: 'hello' });
  });

  it('leaves out what a failed statement was given', () => {
    const failed = new QueryFailedError(
      'INSERT INTO users VALUES ($1)',
      ['ada@example.com'],
      new Error('broken'),
    );
    logger().error({ err: failed }, 'It failed');
    expect(written.join()).not.toContain('ada@example.com');
    expect(lines()[0]).toMatchObject({ error: { type: 'QueryFailedError', message: 'broken' } });
  });

  it.each([
    'password',
    'currentPassword',
    'newPassword',
    'token',
    'accessToken',
    'refreshToken',
    'authorization',
    'Authorization',
    'cookie',
    'shippingAddress',
    'email',
  ])('never writes a %s, wherever it hides', (key) => {
    const secret = 'hunter2';
    const hidden = { [key]: secret };
    const log = logger();
    log.info(hidden, 'top');
    log.info({ body: hidden }, 'one down');
    log.info({ req: { headers: hidden } }, 'two down');
    log.info({ req: { body: { payment: hidden } } }, 'three down');
    log.info({ users: [{ contact: hidden }] }, 'in a list');
    log.info({ [key]: { line1: secret } }, 'a whole object');
    if (key !== 'Authorization') log.child({ user: hidden }).info('in a child');
    log.error({ err: Object.assign(new Error('no'), { body: hidden }) }, 'in an error');
    expect(written.join()).not.toContain(secret);
  });
});
