import { Logger } from '@nestjs/common';
import { isAway, isThere, TestRedis } from '../../../test/redis.js';
import { DomainError } from '../errors/domain-error.js';
import type { RedisLink } from '../redis/redis-link.js';
import { MemoryRateLimits, type RateLimit } from './rate-limits.js';
import { RedisRateLimits } from './redis-rate-limits.js';

const TIMEOUT_MS = 100;
const LIMIT: RateLimit = { name: 'login', points: 4, seconds: 60 };
/** The first half of the SHA-256 of `alice`. */
const KEY = 'waybill:limit:login:2bd806c97f0e00af1a1fc3328fa763a9';

describe('rate limits of several processes', () => {
  let redis: TestRedis;
  let links: [RedisLink, RedisLink];
  let one: RedisRateLimits;
  let other: RedisRateLimits;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    redis = await TestRedis.start();
  });

  beforeEach(async () => {
    await redis.run((client) => client.flushall());
    links = [await redis.link(TIMEOUT_MS), await redis.link(TIMEOUT_MS)];
    one = new RedisRateLimits(new MemoryRateLimits(), links[0]);
    other = new RedisRateLimits(new MemoryRateLimits(), links[1]);
  });

  afterEach(() => redis.closeLinks());

  afterAll(async () => {
    await redis.stop();
    Logger.overrideLogger(['error', 'warn', 'log']);
  });

  const refused = (work: Promise<void>) =>
    work.then(
      () => false,
      (error: unknown) => {
        if (error instanceof DomainError && error.code === 'AUTH.TOO_MANY_ATTEMPTS') return true;
        throw error;
      },
    );

  async function use(times: number, limits = one): Promise<void> {
    for (let i = 0; i < times; i++) await limits.consume(LIMIT, 'alice');
  }

  it('count together', async () => {
    await use(2, one);
    await use(2, other);
    expect(await refused(one.check(LIMIT, 'alice'))).toBe(true);
    expect(await refused(other.consume(LIMIT, 'alice'))).toBe(true);
    expect(await refused(one.check(LIMIT, 'bob'))).toBe(false);
  });

  it('are forgotten together', async () => {
    await use(4);
    await other.reset(LIMIT, 'alice');
    expect(await refused(one.check(LIMIT, 'alice'))).toBe(false);
  });

  it('show no email address in Redis', async () => {
    await one.consume(LIMIT, 'alice@example.org');
    await one.check(LIMIT, 'alice@example.org');
    const keys = await redis.run((client) => client.keys('*'));
    expect(keys).toEqual([expect.stringMatching(/^waybill:limit:login:[0-9a-f]{32}$/)]);
    await other.reset(LIMIT, 'alice@example.org');
    expect(await redis.run((client) => client.keys('*'))).toEqual([]);
  });

  it('let the counters expire', async () => {
    await use(1);
    const left = await redis.run((client) => client.pttl(KEY));
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(60_000);
  });

  it('are counted by each process while Redis is away, and together again afterwards', async () => {
    await use(3, one);
    await use(1, other);
    await redis.kill();
    await Promise.all(links.map(isAway));
    expect(await refused(one.check(LIMIT, 'alice'))).toBe(false);
    await use(1, one);
    expect(await refused(one.check(LIMIT, 'alice'))).toBe(true);
    expect(await refused(one.consume(LIMIT, 'alice'))).toBe(true);
    expect(await refused(other.consume(LIMIT, 'alice'))).toBe(false);
    await redis.restart();
    await Promise.all(links.map(isThere));
    await use(2, one);
    await use(2, other);
    expect(await refused(one.check(LIMIT, 'alice'))).toBe(true);
  });

  it('believe Redis rather than what a process remembers of before a reset elsewhere', async () => {
    await use(4, one);
    await other.reset(LIMIT, 'alice');
    expect(await refused(one.consume(LIMIT, 'alice'))).toBe(false);
  });

  it('are lost with the connection in the middle of use without an error', async () => {
    const uses = Array.from({ length: 300 }, (_, index) =>
      index % 3 === 0
        ? one.check(LIMIT, `user-${index}`)
        : index % 3 === 1
          ? one.consume(LIMIT, `user-${index}`)
          : one.reset(LIMIT, `user-${index}`),
    );
    await redis.kill();
    await Promise.all(uses);
    await redis.restart();
    await isThere(links[0]);
  });

  it('add no more than one command timeout while Redis hangs', async () => {
    redis.pause();
    try {
      const start = performance.now();
      for (let i = 0; i < 20; i++) {
        await one.check(LIMIT, `user-${i}`);
        await one.consume(LIMIT, `user-${i}`);
        await one.reset(LIMIT, `user-${i}`);
      }
      expect(performance.now() - start).toBeLessThan(TIMEOUT_MS * 3);
    } finally {
      redis.resume();
    }
  });

  it('begin anew when Redis is flushed', async () => {
    await use(4);
    await redis.run((client) => client.flushall());
    expect(await refused(one.check(LIMIT, 'alice'))).toBe(false);
    await use(4);
    expect(await refused(other.check(LIMIT, 'alice'))).toBe(true);
  });

  it.each([
    ['text', (key: string) => redis.run((client) => client.set(key, 'rubbish'))],
    ['a list', (key: string) => redis.run((client) => client.lpush(key, 'x'))],
  ])('shut nobody out when %s stands in the place of a counter', async (_, plant) => {
    await plant(KEY);
    expect(await refused(one.check(LIMIT, 'alice'))).toBe(false);
    expect(await refused(one.consume(LIMIT, 'alice'))).toBe(false);
    await one.reset(LIMIT, 'alice');
    await use(4);
    expect(await refused(other.check(LIMIT, 'alice'))).toBe(true);
  });
});
