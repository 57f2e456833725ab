import { randomUUID } from 'node:crypto';
import { type CryptoKey, generateKeyPair, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose';
import { MAX_MESSAGE_BYTES } from '../../src/common/messaging/rabbitmq/names.js';
import { Revocations } from '../../src/common/security/revocations.js';
import { SessionEnder } from '../../src/modules/users/sessions/session-ender.js';
import { UsersApi } from '../../src/modules/users/users.contract.js';
import { aUser, logIn, type TestUser, type Tokens } from '../builders/a-user.js';
import { startWaybill, type WaybillInside } from '../harness.js';

interface SessionBody {
  id: string;
  userAgent: string | null;
  address: string;
  current: boolean;
}

interface SessionPage {
  data: SessionBody[];
  nextCursor: string | null;
}

describe('sessions', () => {
  let waybill: WaybillInside;
  let users: UsersApi;

  beforeAll(async () => {
    waybill = await startWaybill();
    users = waybill.app.get<UsersApi>(UsersApi);
  });
  afterAll(() => waybill.stop());

  const refresh = (refreshToken: string) =>
    waybill.api.post<Tokens & { code: string }>('/users/refresh', { refreshToken });
  const me = (token: string) => waybill.api.get<{ id: string; code: string }>('/users/me', { token });
  const sessionIdOf = (token: string) => claimsOf(token)['sid'] as string;
  const logInAgain = (user: TestUser, headers: Record<string, string> = {}) =>
    logIn(waybill.api, user.email, user.password, headers);

  async function sessionsOf(token: string, query = ''): Promise<SessionPage> {
    const { status, body } = await waybill.api.get<SessionPage>(`/users/me/sessions${query}`, { token });
    expect(status).toBe(200);
    return body;
  }

  describe('refreshing', () => {
    it('gives new tokens of the same session', async () => {
      const user = await aUser(waybill.api);
      const { status, body, headers } = await refresh(user.refreshToken);
      expect(status).toBe(200);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(body.refreshToken).not.toBe(user.refreshToken);
      expect(sessionIdOf(body.accessToken)).toBe(sessionIdOf(user.accessToken));
      expect((await me(body.accessToken)).body.id).toBe(user.id);
      expect((await refresh(body.refreshToken)).status).toBe(200);
    });

    it('ends the session when a used token comes back, with all its tokens, and leaves the others', async () => {
      const user = await aUser(waybill.api);
      const other = await logInAgain(user);
      const { body: next } = await refresh(user.refreshToken);
      const reused = await refresh(user.refreshToken);
      expect(reused).toMatchObject({ status: 401, body: { code: 'AUTH.REFRESH_REUSED' } });
      expect(await refresh(next.refreshToken)).toMatchObject({
        status: 401,
        body: { code: 'AUTH.SESSION_REVOKED' },
      });
      expect(await me(next.accessToken)).toMatchObject({
        status: 401,
        body: { code: 'AUTH.SESSION_REVOKED' },
      });
      expect(await me(user.accessToken)).toMatchObject({
        status: 401,
        body: { code: 'AUTH.SESSION_REVOKED' },
      });
      expect((await refresh(other.refreshToken)).status).toBe(200);
    });

    it('works for one of many that present the same token at once', async () => {
      const user = await aUser(waybill.api);
      const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(user.refreshToken)));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(new Set(answers.map(({ body }) => body.code))).toEqual(
        new Set([undefined, 'AUTH.REFRESH_REUSED']),
      );
    });

    it('refuses a token that is not ours', async () => {
      for (const token of ['x', 'A'.repeat(43), "' OR true"]) {
        expect(await refresh(token)).toMatchObject({ status: 401, body: { code: 'AUTH.REFRESH_INVALID' } });
      }
      expect((await refresh('')).status).toBe(400);
      expect((await refresh('x'.repeat(201))).status).toBe(400);
    });

    it('refuses the token of a session that was not used for too long', async () => {
      const user = await aUser(waybill.api);
      await waybill.sql(
        "UPDATE users.sessions SET expires_at = now() - interval '1 second' WHERE user_id = $1",
        [user.id],
      );
      expect(await refresh(user.refreshToken)).toMatchObject({
        status: 401,
        body: { code: 'AUTH.REFRESH_EXPIRED' },
      });
    });

    it('stores no token, only its hash', async () => {
      const user = await aUser(waybill.api);
      const rows = await waybill.sql<{ row: string }>(
        'SELECT t::text || s::text AS row FROM users.refresh_tokens t JOIN users.sessions s ON s.id = t.session_id WHERE s.user_id = $1',
        [user.id],
      );
      expect(rows).toHaveLength(1);
      expect(rows[0]?.row).not.toContain(user.refreshToken);
      expect(rows[0]?.row).not.toContain(Buffer.from(user.refreshToken, 'base64url').toString('hex'));
    });
  });

  describe('logging out', () => {
    it('ends the session of the token, at once and for good, and can be repeated', async () => {
      const user = await aUser(waybill.api);
      const out = () => waybill.api.post('/users/logout', { refreshToken: user.refreshToken });
      expect(await out()).toMatchObject({ status: 204, body: null });
      expect(await me(user.accessToken)).toMatchObject({
        status: 401,
        body: { code: 'AUTH.SESSION_REVOKED' },
      });
      expect(await refresh(user.refreshToken)).toMatchObject({
        status: 401,
        body: { code: 'AUTH.SESSION_REVOKED' },
      });
      expect((await out()).status).toBe(204);
    });

    it('tells nothing about a token that is not ours', async () => {
      expect((await waybill.api.post('/users/logout', { refreshToken: 'unknown' })).status).toBe(204);
    });
  });

  describe('listing and ending', () => {
    it('shows where one is logged in, the latest first, page by page', async () => {
      const user = await aUser(waybill.api);
      const phone = await logInAgain(user, { 'user-agent': `Phone/${'9'.repeat(500)}` });
      const { data } = await sessionsOf(phone.accessToken);
      expect(data.map(({ id }) => id)).toEqual([
        sessionIdOf(phone.accessToken),
        sessionIdOf(user.accessToken),
      ]);
      expect(data.map(({ current }) => current)).toEqual([true, false]);
      expect(data[0]).toMatchObject({ userAgent: `Phone/${'9'.repeat(194)}`, address: '127.0.0.1' });
      const first = await sessionsOf(phone.accessToken, '?limit=1');
      const second = await sessionsOf(phone.accessToken, `?limit=1&cursor=${first.nextCursor}`);
      expect([...first.data, ...second.data].map(({ id }) => id)).toEqual(data.map(({ id }) => id));
      expect(second.nextCursor).toBeNull();
    });

    it('ends one session and leaves the one that asks', async () => {
      const user = await aUser(waybill.api);
      const phone = await logInAgain(user);
      const path = `/users/me/sessions/${sessionIdOf(phone.accessToken)}`;
      expect((await waybill.api.delete(path, { token: user.accessToken })).status).toBe(204);
      expect(await me(phone.accessToken)).toMatchObject({
        status: 401,
        body: { code: 'AUTH.SESSION_REVOKED' },
      });
      expect((await refresh(phone.refreshToken)).status).toBe(401);
      expect((await sessionsOf(user.accessToken)).data).toHaveLength(1);
      const again = await waybill.api.delete(path, { token: user.accessToken });
      expect(again).toMatchObject({ status: 404, body: { code: 'USER.SESSION_NOT_FOUND' } });
    });

    it('hides the sessions of others', async () => {
      const user = await aUser(waybill.api);
      const path = `/users/me/sessions/${sessionIdOf(user.accessToken)}`;
      for (const who of ['bob', 'admin'] as const) {
        const answer = await waybill.api.delete(path, { token: await waybill.api.token(who) });
        expect(answer).toMatchObject({ status: 404, body: { code: 'USER.SESSION_NOT_FOUND' } });
      }
      expect((await me(user.accessToken)).status).toBe(200);
      expect((await waybill.api.delete('/users/me/sessions/x', { token: user.accessToken })).status).toBe(
        400,
      );
    });
  });

  describe('changing the password', () => {
    const newPassword = 'an even better one';
    const change = (token: string, body: unknown) =>
      waybill.api.put<{ code: string }>('/users/me/password', body, { token });

    it('ends the other sessions and keeps this one', async () => {
      const user = await aUser(waybill.api);
      const phone = await logInAgain(user);
      const changed = await change(user.accessToken, { currentPassword: user.password, newPassword });
      expect(changed.status).toBe(204);
      expect((await me(user.accessToken)).status).toBe(200);
      expect((await refresh(user.refreshToken)).status).toBe(200);
      expect((await me(phone.accessToken)).status).toBe(401);
      expect((await refresh(phone.refreshToken)).status).toBe(401);
      const old = await waybill.api.post('/users/login', { email: user.email, password: user.password });
      expect(old.status).toBe(401);
      expect((await logIn(waybill.api, user.email, newPassword)).expiresIn).toBe(300);
    });

    it('needs the current password and a good new one', async () => {
      const user = await aUser(waybill.api);
      const { accessToken, password } = user;
      expect(await change(accessToken, { currentPassword: 'wrong', newPassword })).toMatchObject({
        status: 403,
        body: { code: 'USER.WRONG_PASSWORD' },
      });
      expect(await change(accessToken, { currentPassword: password, newPassword: user.email })).toMatchObject(
        {
          status: 400,
          body: { code: 'USER.WEAK_PASSWORD', errors: [{ path: 'newPassword' }] },
        },
      );
      expect((await change(accessToken, { currentPassword: password, newPassword: 'short' })).status).toBe(
        400,
      );
      expect((await change(accessToken, { newPassword })).status).toBe(400);
      expect((await logInAgain(user)).expiresIn).toBe(300);
    });

    it('changes it once when two do it at once', async () => {
      const user = await aUser(waybill.api);
      const wishes = ['a first new password', 'a second new password'];
      const answers = await Promise.all(
        wishes.map((wish) => change(user.accessToken, { currentPassword: user.password, newPassword: wish })),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204, 403]));
    });
  });

  describe('the guard', () => {
    async function forge(change: JWTPayload, header: object = {}, key?: CryptoKey): Promise<string> {
      const [row] = await waybill.sql<{ kid: string; private_jwk: JWK }>('SELECT * FROM users.signing_keys');
      const ours = (await importJWK(row?.private_jwk ?? {}, 'EdDSA')) as CryptoKey;
      const claims = { ...claimsOf(await waybill.api.token('alice')), ...change };
      return new SignJWT(claims)
        .setProtectedHeader({ alg: 'EdDSA', kid: row?.kid, typ: 'at+jwt', ...header })
        .sign(key ?? ours);
    }

    it('takes a well-made token: what the refusals below are about is what they say', async () => {
      expect((await me(await forge({}))).status).toBe(200);
    });

    it.each<[string, JWTPayload]>([
      ['another issuer', { iss: 'evil' }],
      ['another audience', { aud: 'evil' }],
      ['no expiry', { exp: undefined }],
      ['no session', { sid: undefined }],
      ['a subject that is no user id', { sub: 'admin' }],
    ])('refuses a token with %s', async (_, change) => {
      expect(await me(await forge(change))).toMatchObject({
        status: 401,
        body: { code: 'AUTH.TOKEN_INVALID' },
      });
    });

    it('refuses an expired token and says so', async () => {
      const answer = await me(await forge({ exp: Math.floor(Date.now() / 1000) - 1 }));
      expect(answer).toMatchObject({ status: 401, body: { code: 'AUTH.TOKEN_EXPIRED' } });
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    });

    it('refuses a wrong key, no algorithm and changed claims', async () => {
      const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
      const token = await waybill.api.token('alice');
      const [header, payload, signature] = token.split('.');
      const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt' })).toString('base64url');
      const admin = Buffer.from(JSON.stringify({ ...claimsOf(token), roles: ['admin'] })).toString(
        'base64url',
      );
      const forged = [
        await forge({}, {}, privateKey),
        await forge({}, { kid: 'unknown' }),
        await forge({}, { typ: 'JWT' }),
        `${none}.${payload}.`,
        `${none}.${payload}.${signature}`,
        `${header}.${admin}.${signature}`,
      ];
      for (const each of forged) {
        expect(await me(each)).toMatchObject({ status: 401, body: { code: 'AUTH.TOKEN_INVALID' } });
      }
    });

    it.each([
      ['nothing', undefined, 'AUTH.TOKEN_REQUIRED'],
      ['Basic credentials', 'Basic YTpi', 'AUTH.TOKEN_REQUIRED'],
      ['no token after Bearer', 'Bearer', 'AUTH.TOKEN_INVALID'],
      ['two tokens', 'Bearer a b', 'AUTH.TOKEN_INVALID'],
      ['rubbish', 'Bearer \u00e4\u00f6', 'AUTH.TOKEN_INVALID'],
    ])('refuses %s in the header', async (_, authorization, code) => {
      const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
      expect(await waybill.api.get('/users/me', { headers })).toMatchObject({ status: 401, body: { code } });
    });

    it('takes a token from the Authorization header only', async () => {
      const token = await waybill.api.token('alice');
      const answer = await waybill.api.get(`/users/me?access_token=${token}`, {
        headers: { cookie: `access_token=${token}` },
      });
      expect(answer).toMatchObject({ status: 401, body: { code: 'AUTH.TOKEN_REQUIRED' } });
    });

    it('lets a bad token pass where none is needed', async () => {
      const answer = await waybill.api.post(
        '/users/login',
        { email: 'alice@waybill.test', password: 'waybill-demo' },
        { token: 'stale' },
      );
      expect(answer.status).toBe(200);
    });
  });

  describe('what other modules may ask', () => {
    it('is whether a user is active, and it is told of changes at once', async () => {
      const user = await aUser(waybill.api);
      const sessionId = sessionIdOf(user.accessToken);
      const ask = (input: { userId: string; sessionId?: string }) =>
        users.requireActive(input).then(
          () => 'active',
          (error: unknown) => (error as { code: string }).code,
        );
      expect(await ask({ userId: user.id, sessionId })).toBe('active');
      await waybill.api.post('/users/logout', { refreshToken: user.refreshToken });
      expect(await ask({ userId: user.id, sessionId })).toBe('AUTH.SESSION_REVOKED');
      expect(await ask({ userId: user.id.toUpperCase() })).toBe('active');
      await waybill.api.put(
        `/users/${user.id}`,
        { status: 'suspended' },
        { token: await waybill.api.token('admin') },
      );
      expect(await ask({ userId: user.id })).toBe('USER.SUSPENDED');
      expect(await ask({ userId: randomUUID() })).toBe('USER.NOT_FOUND');
    });

    it('is how to write to users', async () => {
      const user = await aUser(waybill.api, { name: 'Connie Contact' });
      const { contacts } = await users.contacts({ userIds: [user.id, randomUUID()] });
      expect(contacts).toEqual([{ userId: user.id, email: user.email, name: 'Connie Contact' }]);
    });

    it('is which sessions ended lately, so that a process that starts refuses their tokens', async () => {
      const user = await aUser(waybill.api);
      const before = Date.now();
      await waybill.api.post('/users/logout', { refreshToken: user.refreshToken });
      const { sessions } = await users.recentRevocations({});
      const mine = sessions.find(({ sessionId }) => sessionId === sessionIdOf(user.accessToken));
      expect(Date.parse(mine?.until ?? '')).toBeGreaterThan(before + 290_000);
      expect(waybill.app.get(Revocations).isRevoked(mine?.sessionId ?? '')).toBe(true);
    });

    describe('when very many sessions end', () => {
      let eldest: string;

      beforeAll(async () => {
        const { id } = await aUser(waybill.api);
        const rows = await waybill.sql<{ id: string }>(
          `INSERT INTO users.sessions (id, user_id, address, expires_at, ended_at, end_reason)
           SELECT gen_random_uuid(), $1, '127.0.0.1', now(), now() - make_interval(secs => 60 - n / 1000.0), 'logout'
           FROM generate_series(1, 12000) n RETURNING id`,
          [id],
        );
        eldest = rows[0]?.id ?? '';
      });

      it('names the newest, newest first, and no more than fit into a message', async () => {
        const user = await aUser(waybill.api);
        await waybill.api.post('/users/logout', { refreshToken: user.refreshToken });
        const answer = await users.recentRevocations({});
        expect(answer.sessions[0]?.sessionId).toBe(sessionIdOf(user.accessToken));
        expect(answer.sessions).toHaveLength(5000);
        expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThan(MAX_MESSAGE_BYTES);
        const times = answer.sessions.map(({ until }) => until);
        expect(times).toEqual(times.toSorted().toReversed());
      });

      it('refuses them all once users starts', async () => {
        const revocations = waybill.app.get(Revocations);
        expect(revocations.isRevoked(eldest)).toBe(false);
        await waybill.app.get(SessionEnder).onModuleInit();
        expect(revocations.isRevoked(eldest)).toBe(true);
      });
    });
  });
});

function claimsOf(token: string): JWTPayload {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as JWTPayload;
}
