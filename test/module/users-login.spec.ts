import { createPublicKey, verify as verifySignature } from 'node:crypto';
import { DEMO_PASSWORD, DEMO_USERS } from '../../src/modules/users/demo/demo-users.js';
import { aUser, logIn, type Tokens } from '../builders/a-user.js';
import { startWaybill, type Waybill } from '../harness.js';

interface Problem {
  code: string;
}

describe('logging in', () => {
  let waybill: Waybill;

  beforeAll(async () => {
    waybill = await startWaybill({
      TRUST_PROXY: '127.0.0.1',
      LOGIN_ATTEMPTS: '5',
      LOGIN_ATTEMPTS_PER_ADDRESS: '12',
    });
  });
  afterAll(() => waybill.stop());

  let network = 0;
  /** A client address of its own, so that no test uses up another's attempts. */
  const elsewhere = () => {
    network += 1;
    return `198.51.100.${network}`;
  };
  const attempt = (email: string, password: string, address: string) =>
    waybill.api.post<Tokens & Problem>(
      '/users/login',
      { email, password },
      { headers: { 'x-forwarded-for': address } },
    );

  it.each(Object.values(DEMO_USERS))('works for the demo user $email', async ({ id, email, name, roles }) => {
    const { accessToken } = await logIn(waybill.api, email, DEMO_PASSWORD);
    const { body } = await waybill.api.get('/users/me', { token: accessToken });
    expect(body).toMatchObject({ id, email, name, roles: [...roles], status: 'active' });
  });

  it('gives a short-lived token, a refresh token and how long the first lives, not to be cached', async () => {
    const { status, body, headers } = await attempt('alice@waybill.test', DEMO_PASSWORD, elsewhere());
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual(['accessToken', 'expiresIn', 'refreshToken']);
    expect(body.expiresIn).toBe(300);
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('takes the email address in any case and with blanks around it, and the password as it is', async () => {
    expect((await attempt(' ALICE@Waybill.TEST ', DEMO_PASSWORD, elsewhere())).status).toBe(200);
    expect((await attempt('alice@waybill.test', ` ${DEMO_PASSWORD}`, elsewhere())).status).toBe(401);
    expect((await attempt('alice@waybill.test', DEMO_PASSWORD.toUpperCase(), elsewhere())).status).toBe(401);
  });

  it('answers the same to a wrong password as to an unknown address', async () => {
    const wrong = await attempt('bob@waybill.test', 'not the password', elsewhere());
    const unknown = await attempt('nobody@waybill.test', 'not the password', elsewhere());
    expect(wrong).toMatchObject({ status: 401, body: { code: 'AUTH.INVALID_CREDENTIALS' } });
    expect({ ...unknown.body, traceId: '' }).toEqual({ ...wrong.body, traceId: '' });
    expect(wrong.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  it.each([
    ['a NUL in the password', { email: 'alice@waybill.test', password: 'a\u0000b' }],
    ['a NUL in the address', { email: 'alice@waybill.test\u0000', password: 'x' }],
    ['a password of 10,000 characters', { email: 'alice@waybill.test', password: 'x'.repeat(10_000) }],
    ['an unknown field', { email: 'alice@waybill.test', password: 'x', otp: '1' }],
    ['an object for a password', { email: 'alice@waybill.test', password: { $ne: '' } }],
    ['no password', { email: 'alice@waybill.test' }],
  ])('refuses %s', async (_, body) => {
    expect(await waybill.api.post('/users/login', body)).toMatchObject({
      status: 400,
      body: { code: 'REQUEST.INVALID' },
    });
  });

  it('publishes the key that the token is signed with, and only its public half', async () => {
    const { accessToken } = await logIn(waybill.api, 'alice@waybill.test', DEMO_PASSWORD);
    const [header = '', payload = '', signature = ''] = accessToken.split('.');
    const response = await fetch(`${waybill.url}/.well-known/jwks.json`);
    const { keys } = (await response.json()) as { keys: (Record<string, string> & { kid: string })[] };
    const { kid, alg, typ } = JSON.parse(Buffer.from(header, 'base64url').toString()) as Record<
      string,
      string
    >;
    expect({ alg, typ }).toEqual({ alg: 'EdDSA', typ: 'at+jwt' });
    const jwk = keys.find((each) => each.kid === kid);
    expect(Object.keys(jwk ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
    const key = createPublicKey({ key: jwk ?? {}, format: 'jwk' });
    expect(
      verifySignature(null, Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url')),
    ).toBe(true);
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    expect(claims).toMatchObject({
      sub: DEMO_USERS.alice.id,
      roles: ['customer'],
      iss: 'waybill',
      aud: 'waybill',
    });
    expect(Object.keys(claims).sort()).toEqual(['aud', 'exp', 'iat', 'iss', 'jti', 'roles', 'sid', 'sub']);
  });

  describe('guessing passwords', () => {
    it('is stopped per address of mail, wherever it comes from, and the right password with it', async () => {
      const user = await aUser(waybill.api);
      for (let i = 0; i < 5; i++) {
        expect((await attempt(user.email, `guess ${i}`, elsewhere())).status).toBe(401);
      }
      const stopped = await attempt(user.email.toUpperCase(), user.password, elsewhere());
      expect(stopped).toMatchObject({ status: 429, body: { code: 'AUTH.TOO_MANY_ATTEMPTS' } });
      expect(Number(stopped.headers.get('retry-after'))).toBeGreaterThan(0);
      const other = await aUser(waybill.api);
      expect((await attempt(other.email, other.password, elsewhere())).status).toBe(200);
    });

    it('is stopped for addresses that nobody has alike', async () => {
      for (let i = 0; i < 5; i++) await attempt('ghost@example.org', `guess ${i}`, elsewhere());
      expect((await attempt('ghost@example.org', 'guess', elsewhere())).status).toBe(429);
    });

    it('is stopped when it is done all at once', async () => {
      const user = await aUser(waybill.api);
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, i) => attempt(user.email, `guess ${i}`, elsewhere())),
      );
      const guessed = answers.filter(({ status }) => status === 401).length;
      expect(guessed).toBeGreaterThanOrEqual(5);
      // As many more may be under way as are hashed at once.
      expect(guessed).toBeLessThanOrEqual(7);
      expect(answers.filter(({ status }) => status === 429)).toHaveLength(40 - guessed);
    });

    it('is stopped per client network, over whatever accounts', async () => {
      const address = elsewhere();
      for (let i = 0; i < 12; i++)
        expect((await attempt(`u${i}@example.org`, 'guess', address)).status).toBe(401);
      expect((await attempt('alice@waybill.test', DEMO_PASSWORD, address)).status).toBe(429);
      expect((await attempt('alice@waybill.test', DEMO_PASSWORD, elsewhere())).status).toBe(200);
    });

    it('takes all addresses of an IPv6 network as one', async () => {
      for (let i = 0; i < 12; i++) await attempt(`v${i}@example.org`, 'guess', `2001:db8:7:7::${i + 1}`);
      expect((await attempt('bob@waybill.test', DEMO_PASSWORD, '2001:db8:7:7:ffff::1')).status).toBe(429);
    });

    it('does not count those who know the password, and forgives who does in the end', async () => {
      const user = await aUser(waybill.api);
      const address = elsewhere();
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => attempt(user.email, user.password, address)),
      );
      expect(answers.map(({ status }) => status)).toEqual(Array<number>(20).fill(200));
      for (let round = 0; round < 2; round++) {
        for (let i = 0; i < 4; i++) await attempt(user.email, 'oops', elsewhere());
        expect((await attempt(user.email, user.password, elsewhere())).status).toBe(200);
      }
    });

    it('is stopped where a password is changed, too', async () => {
      const user = await aUser(waybill.api);
      const change = (currentPassword: string) =>
        waybill.api.put<Problem>(
          '/users/me/password',
          { currentPassword, newPassword: 'a better passphrase' },
          { token: user.accessToken, headers: { 'x-forwarded-for': '198.51.100.250' } },
        );
      for (let i = 0; i < 5; i++) {
        expect(await change(`guess ${i}`)).toMatchObject({
          status: 403,
          body: { code: 'USER.WRONG_PASSWORD' },
        });
      }
      expect((await change(user.password)).status).toBe(429);
    });
  });
});
