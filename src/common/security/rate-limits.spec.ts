import { TestRedis } from '../../../test/redis.js';
import { DomainError } from '../errors/domain-error.js';
import { MemoryRateLimits, type RateLimit, type RateLimits } from './rate-limits.js';
import { RedisRateLimits } from './redis-rate-limits.js';

describe.each(['in memory', 'in Redis', 'in Redis that is away'])('rate limits %s', (where) => {
  let redis: TestRedis | null = null;
  let limits: RateLimits;

  beforeAll(async () => {
    if (where !== 'in memory') redis = await TestRedis.start();
  });

  beforeEach(async () => {
    limits = new MemoryRateLimits();
    if (!redis) return;
    const link = await redis.link();
    await redis.run((client) => client.flushall());
    limits = new RedisRateLimits(new MemoryRateLimits(), link);
    if (where !== 'in Redis') link.onApplicationShutdown();
  });

  afterEach(() => redis?.closeLinks());

  afterAll(() => redis?.stop());

  const limit: RateLimit = { name: 'login', points: 3, seconds: 60 };

  const refusal = (work: Promise<void>) =>
    work.then(
      () => null,
      (error: unknown) => (error instanceof DomainError ? error : Promise.reject(error as Error)),
    );

  it('let through as many as there are points, and then say when to come back', async () => {
    for (let i = 0; i < limit.points; i++) await limits.consume(limit, 'alice');
    const refused = await refusal(limits.consume(limit, 'alice'));
    expect(refused).toMatchObject({ code: 'AUTH.TOO_MANY_ATTEMPTS', status: 429 });
    expect(refused?.retryAfter).toBeGreaterThan(0);
    expect(refused?.retryAfter).toBeLessThanOrEqual(60);
  });

  it('check without counting', async () => {
    for (let i = 0; i < 10; i++) await limits.check(limit, 'alice');
    for (let i = 0; i < limit.points; i++) await limits.consume(limit, 'alice');
    expect(await refusal(limits.check(limit, 'alice'))).toMatchObject({ code: 'AUTH.TOO_MANY_ATTEMPTS' });
  });

  it('keep keys and limits apart', async () => {
    for (let i = 0; i < limit.points; i++) await limits.consume(limit, 'alice');
    expect(await refusal(limits.check(limit, 'alice'))).not.toBeNull();
    expect(await refusal(limits.check(limit, 'bob'))).toBeNull();
    expect(await refusal(limits.check({ ...limit, name: 'registration' }, 'alice'))).toBeNull();
  });

  it('forget on request', async () => {
    for (let i = 0; i < limit.points; i++) await limits.consume(limit, 'alice');
    await limits.reset(limit, 'alice');
    expect(await refusal(limits.check(limit, 'alice'))).toBeNull();
  });
});
