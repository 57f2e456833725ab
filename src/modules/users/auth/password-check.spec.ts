import { Config } from '../../../common/config/config.js';
import { MemoryRateLimits } from '../../../common/security/rate-limits.js';
import { LoginThrottle } from './login-throttle.js';
import { PasswordCheck } from './password-check.js';
import { PasswordHasher } from './password-hasher.js';

describe('checking passwords', () => {
  const config = new Config({
    LOGIN_ATTEMPTS: '5',
    PASSWORD_HASH_MEMORY_KIB: '1024',
    PASSWORD_HASH_CONCURRENCY: '2',
  });
  const hasher = new PasswordHasher(config);
  const attempt = { email: 'alice@example.org', address: '192.0.2.1' };

  it('lets no burst past the limit: those that wait are looked at again when their turn comes', async () => {
    const check = new PasswordCheck(hasher, new LoginThrottle(new MemoryRateLimits(), config));
    const hash = await hasher.hash('waybill-demo');
    const burst = [...Array.from({ length: 20 }, (_, i) => `guess ${i}`), 'waybill-demo'];
    const guesses = await Promise.allSettled(burst.map((password) => check.matches(hash, password, attempt)));
    expect(guesses.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    // The right one, too: it was a guess.
    expect(guesses.at(-1)).toMatchObject({ status: 'rejected', reason: { code: 'AUTH.TOO_MANY_ATTEMPTS' } });
  });

  it('lets any number of right ones through', async () => {
    const check = new PasswordCheck(hasher, new LoginThrottle(new MemoryRateLimits(), config));
    const hash = await hasher.hash('waybill-demo');
    const all = await Promise.all(
      Array.from({ length: 20 }, () => check.matches(hash, 'waybill-demo', attempt)),
    );
    expect(all).toEqual(Array<boolean>(20).fill(true));
  });
});
