import { PassThrough } from 'node:stream';
import { createLogger } from './logger.js';
import { recentProblems } from './recent-problems.js';
import { startTracing } from './tracing.js';
import { runAs } from './work-context.js';

describe('recent problems', () => {
  const log = createLogger('info', new PassThrough());
  beforeAll(() => void startTracing());

  const texts = () => recentProblems().map(({ text }) => text);

  it('are warnings and errors, as the module in which they happened', () => {
    runAs('orders', () => {
      log.info('all is well');
      log.warn({ err: new Error('no space left'), password: 'secret' }, 'It could not be kept');
    });
    const last = recentProblems().at(-1);
    expect(last).toMatchObject({
      level: 'warn',
      service: 'orders',
      text: 'It could not be kept: no space left',
    });
    expect(JSON.stringify(recentProblems())).not.toMatch(/secret|all is well/);
  });

  it('say which request failed', () => {
    log.warn({ method: 'POST', route: '/api/v1/orders', status: 503 }, 'request failed');
    expect(texts().at(-1)).toBe('request failed: POST /api/v1/orders 503');
  });

  it('are told once when they are the same, with how often, and the latest last', () => {
    log.warn('the same');
    log.warn('another');
    log.warn('the same');
    expect(texts().slice(-2)).toEqual(['another', 'the same']);
    expect(recentProblems().at(-1)?.times).toBe(2);
  });

  it('are kept up to a number', () => {
    for (let i = 0; i < 50; i++) log.error(`problem ${i}`);
    expect(recentProblems()).toHaveLength(20);
    expect(texts().at(-1)).toBe('problem 49');
  });
});
