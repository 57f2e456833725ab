import { aUser, type TestUser } from '../builders/a-user.js';
import { type Answer } from '../api.js';
import { startWaybill, type WaybillInside } from '../harness.js';

interface Body {
  accessToken: string;
  code: string;
}

describe('the refresh cookie', () => {
  let waybill: WaybillInside;

  beforeAll(async () => {
    waybill = await startWaybill({ TRUST_PROXY: '127.0.0.1' });
  });
  afterAll(() => waybill.stop());

  const logIn = ({ email, password }: TestUser, headers: Record<string, string> = {}) =>
    waybill.api.post<Body>('/users/login', { email, password, cookie: true }, { headers });
  const send = (path: string, cookie: string, body: unknown = {}) =>
    waybill.api.post<Body>(path, body, { headers: { cookie } });
  const setCookie = ({ headers }: Answer<unknown>) => headers.get('set-cookie') ?? '';
  /** As the browser sends it back, among others. */
  const cookieOf = (answer: Answer<unknown>) => `theme=dark; ${setCookie(answer).split(';', 1)[0]}; other=1`;
  const me = (token: string) => waybill.api.get('/users/me', { token });

  it('is set where a login asks for it, out of reach of scripts and of other sites, and is not in the answer', async () => {
    const answer = await logIn(await aUser(waybill.api));
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.body).toSorted()).toEqual(['accessToken', 'expiresIn']);
    expect(setCookie(answer)).toMatch(
      /^waybill_refresh=[\w-]{43}; Path=\/api\/v1\/users; Max-Age=2592000; HttpOnly; SameSite=Strict$/,
    );
    expect((await me(answer.body.accessToken)).status).toBe(200);
  });

  it('is sent over TLS only and bound to its host, where a trusted proxy has TLS', async () => {
    const tls = { 'x-forwarded-proto': 'https' };
    const answer = await logIn(await aUser(waybill.api), tls);
    expect(setCookie(answer)).toMatch(
      /^__Host-waybill_refresh=[\w-]{43}; Path=\/; Secure; Max-Age=2592000; HttpOnly; SameSite=Strict$/,
    );
    const refresh = (cookie: string) =>
      waybill.api.post<Body>('/users/refresh', {}, { headers: { cookie, ...tls } });
    // A subdomain, or somebody on the line, can set one without the prefix.
    const [, token = ''] = /=([\w-]+);/.exec(setCookie(answer)) ?? [];
    expect((await refresh(`waybill_refresh=${token}`)).body.code).toBe('AUTH.REFRESH_INVALID');
    expect((await refresh(cookieOf(answer))).status).toBe(200);
  });

  it('is not set for those who do not ask', async () => {
    const { email, password } = await aUser(waybill.api);
    for (const cookie of [undefined, false]) {
      const answer = await waybill.api.post('/users/login', { email, password, cookie });
      expect(answer.body).toHaveProperty('refreshToken');
      expect(setCookie(answer)).toBe('');
    }
  });

  it('is exchanged for the next, and ends its session when it comes back after that was used', async () => {
    const first = await logIn(await aUser(waybill.api));
    const second = await send('/users/refresh', cookieOf(first));
    expect(second.status).toBe(200);
    expect(second.body).not.toHaveProperty('refreshToken');
    expect(cookieOf(second)).not.toBe(cookieOf(first));
    expect((await me(second.body.accessToken)).status).toBe(200);
    const third = await send('/users/refresh', cookieOf(second));
    expect(third.status).toBe(200);

    const reused = await send('/users/refresh', cookieOf(first));
    expect(reused).toMatchObject({ status: 401, body: { code: 'AUTH.REFRESH_REUSED' } });
    expect(setCookie(reused)).toMatch(/^waybill_refresh=; Path=\/api\/v1\/users; Max-Age=0; /);
    const next = await send('/users/refresh', cookieOf(third));
    expect(next).toMatchObject({ status: 401, body: { code: 'AUTH.SESSION_REVOKED' } });
  });

  it('is exchanged again when the answer was lost, as by a page that is loaded anew', async () => {
    const first = await logIn(await aUser(waybill.api));
    const lost = await Promise.all([1, 2, 3].map(() => send('/users/refresh', cookieOf(first))));
    expect(lost.map(({ status }) => status)).toEqual([200, 200, 200]);
    // In whichever order the answers arrive, the browser goes on with the one that it keeps.
    const [kept] = lost;
    const next = kept && (await send('/users/refresh', cookieOf(kept)));
    const afterNext = next && (await send('/users/refresh', cookieOf(next)));
    expect(afterNext?.status).toBe(200);
    // From here on it has shown that it needs no other.
    const copied = await send('/users/refresh', cookieOf(first));
    expect(copied).toMatchObject({ status: 401, body: { code: 'AUTH.REFRESH_REUSED' } });
    expect((await me(afterNext?.body.accessToken ?? '')).status).toBe(401);
  });

  it('ends its session when it comes back late', async () => {
    const first = await logIn(await aUser(waybill.api));
    const second = await send('/users/refresh', cookieOf(first));
    await waybill.sql("UPDATE users.refresh_tokens SET used_at = used_at - interval '31 seconds'");
    expect((await send('/users/refresh', cookieOf(first))).body.code).toBe('AUTH.REFRESH_REUSED');
    expect((await send('/users/refresh', cookieOf(second))).body.code).toBe('AUTH.SESSION_REVOKED');
  });

  it('is read from requests with a JSON body only, which other sites cannot make a browser send', async () => {
    const cookie = cookieOf(await logIn(await aUser(waybill.api)));
    for (const path of ['/users/refresh', '/users/logout']) {
      for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain']) {
        const headers = { cookie, 'content-type': type };
        expect((await waybill.api.post(path, '{}', { headers })).status).toBe(415);
      }
      expect((await waybill.api.post(path, undefined, { headers: { cookie } })).status).toBe(400);
    }
    expect((await send('/users/refresh', cookie)).status).toBe(200);
  });

  it('is read from requests of our own origin only, where a browser says whose they are', async () => {
    const answer = await logIn(await aUser(waybill.api));
    const from = (site: string, path = '/users/refresh') =>
      waybill.api.post<Body>(path, {}, { headers: { cookie: cookieOf(answer), 'sec-fetch-site': site } });
    for (const site of ['same-site', 'cross-site', 'none']) {
      expect((await from(site)).body.code).toBe('AUTH.REFRESH_INVALID');
      await from(site, '/users/logout');
    }
    expect((await me(answer.body.accessToken)).status).toBe(200);
    expect((await from('same-origin')).status).toBe(200);
  });

  it('is left alone by those who send a token of their own', async () => {
    const user = await aUser(waybill.api);
    const cookie = cookieOf(await logIn(user));
    const answer = await send('/users/refresh', cookie, { refreshToken: user.refreshToken });
    expect(answer.body).toHaveProperty('refreshToken');
    expect(setCookie(answer)).toBe('');
    expect((await send('/users/refresh', cookie)).status).toBe(200);
  });

  it('is missed when there is none', async () => {
    for (const cookie of ['', 'theme=dark', 'waybill_refresh=', 'xwaybill_refresh=a', 'waybill_refresh=a b'])
      expect(await send('/users/refresh', cookie)).toMatchObject({
        status: 401,
        body: { code: 'AUTH.REFRESH_INVALID' },
      });
  });

  it('goes with the session at a logout, which is safe to repeat', async () => {
    const answer = await logIn(await aUser(waybill.api));
    const logout = await send('/users/logout', cookieOf(answer));
    expect([logout.status, setCookie(logout)]).toEqual([
      204,
      expect.stringMatching(/^waybill_refresh=; .*Max-Age=0/),
    ]);
    expect(await me(answer.body.accessToken)).toMatchObject({
      status: 401,
      body: { code: 'AUTH.SESSION_REVOKED' },
    });
    expect((await send('/users/logout', '')).status).toBe(204);
  });
});
