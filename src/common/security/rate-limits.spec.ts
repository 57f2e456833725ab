import { DomainError } from '../errors/domain-error.js';
import { MemoryRateLimits, type RateLimit } from './rate-limits.js';

describe('rate limits in memory', () => {
  const limit: RateLimit = { name: 'login', points: 3, seconds: 60 };

  const refusal = (work: Promise<void>) =>
    work.then(
      () => null,
      (error: unknown) => (error instanceof DomainError ? error : Promise.reject(error as Error)),
    );

  it('let through as many as there are points, and then say when to come back', async () => {
    const limits = new MemoryRateLimits();
    for (let i = 0; i < limit.points; i++) await limits.consume(limit, 'alice');
    const refused = await refusal(limits.consume(limit, 'alice'));
    expect(refused).toMatchObject({ code: 'AUTH.TOO_MANY_ATTEMPTS', status: 429 });
    expect(refused?.retryAfter).toBeGreaterThan(0);
    expect(refused?.retryAfter).toBeLessThanOrEqual(60);
  });

  it('check without counting', async () => {
    const limits = new MemoryRateLimits();
    for (let i = 0; i < 10; i++) await limits.check(limit, 'alice');
    for (let i = 0; i < limit.points; i++) await limits.consume(limit, 'alice');
    expect(await refusal(limits.check(limit, 'alice'))).toMatchObject({ code: 'AUTH.TOO_MANY_ATTEMPTS' });
  });

  it('keep keys and limits apart', async () => {
    const limits = new MemoryRateLimits();
    for (let i = 0; i < limit.points; i++) await limits.consume(limit, 'alice');
    expect(await refusal(limits.check(limit, 'alice'))).not.toBeNull();
    expect(await refusal(limits.check(limit, 'bob'))).toBeNull();
    expect(await refusal(limits.check({ ...limit, name: 'registration' }, 'alice'))).toBeNull();
  });

  it('forget on request', async () => {
    const limits = new MemoryRateLimits();
    for (let i = 0; i < limit.points; i++) await limits.consume(limit, 'alice');
    await limits.reset(limit, 'alice');
    expect(await refusal(limits.check(limit, 'alice'))).toBeNull();
  });
});
