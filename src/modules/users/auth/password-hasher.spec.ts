import { Config } from '../../../common/config/config.js';
import { PasswordHasher } from './password-hasher.js';

describe('the password hasher', () => {
  const hasher = new PasswordHasher(
    new Config({ PASSWORD_HASH_MEMORY_KIB: '64', PASSWORD_HASH_CONCURRENCY: '2' }),
  );
  const atOnce = () => Promise.resolve();

  it('knows a password by its hash, each with a salt of its own', async () => {
    const [one, other] = await Promise.all([hasher.hash('waybill-demo'), hasher.hash('waybill-demo')]);
    expect(one).not.toBe(other);
    expect(await hasher.verify(one ?? '', 'waybill-demo', atOnce)).toBe(true);
    expect(await hasher.verify(one ?? '', 'waybill-dem0', atOnce)).toBe(false);
  });

  it("hashes with OWASP's parameters unless configured otherwise", async () => {
    expect(await new PasswordHasher(new Config({})).hash('waybill-demo')).toMatch(
      /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/,
    );
  });

  it('is never satisfied when there is no user', async () => {
    expect(await hasher.verify(null, 'waybill-demo', atOnce)).toBe(false);
  });

  it('checks a few at once, lets 200 wait and refuses the rest, and goes on afterwards', async () => {
    const hash = await hasher.hash('waybill-demo');
    const gate = Promise.withResolvers<void>();
    let started = 0;
    const check = () =>
      hasher.verify(hash, 'waybill-demo', () => {
        started += 1;
        return gate.promise;
      });
    const taken = Array.from({ length: 202 }, check);
    await expect(check()).rejects.toMatchObject({ code: 'SERVICE.OVERLOADED', status: 503, retryAfter: 1 });
    expect(started).toBe(2);
    gate.resolve();
    expect(await Promise.all(taken)).toEqual(Array<boolean>(202).fill(true));
    expect(await check()).toBe(true);
  });

  it('does not look at the password when its turn comes too late', async () => {
    const hash = await hasher.hash('waybill-demo');
    const late = new Error('too many attempts by now');
    await expect(hasher.verify(hash, 'waybill-demo', () => Promise.reject(late))).rejects.toBe(late);
  });
});
