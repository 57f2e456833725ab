import { createPublicKey } from 'node:crypto';
import { exportJWK, generateKeyPair, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose';
import { newId } from '../../src/common/ids.js';
import { startWaybill, type Waybill } from '../harness.js';
import { ACCESS } from './access-table.js';
import { problemIn, send } from './http.js';
import { Stage } from './stage.js';

type Key = Parameters<SignJWT['sign']>[0];

/** The routes that need a token, with something in place of their parameters. */
const PROTECTED = ACCESS.filter(({ status }) => status.nobody === 401).map(({ method, path }) => ({
  method,
  path: path.replace(/\{\w+\}/g, newId()),
}));
const ME = '/api/v1/users/me';

describe('an access token', () => {
  let waybill: Waybill;
  let stage: Stage;
  let kid: string;
  let ours: Key;
  let publicJwk: JWK;

  beforeAll(async () => {
    waybill = await startWaybill();
    stage = await Stage.set(waybill);
    const [row] = await waybill.sql<{ kid: string; private_jwk: JWK; public_jwk: JWK }>(
      'SELECT kid, private_jwk, public_jwk FROM users.signing_keys',
    );
    if (!row) throw new Error('there is no signing key');
    kid = row.kid;
    publicJwk = row.public_jwk;
    ours = await importJWK(row.private_jwk, 'EdDSA');
  });
  afterAll(() => waybill?.stop());

  const now = () => Math.floor(Date.now() / 1000);
  /** An administrator's claims, so that a forged token would open every door. */
  const claims = (change: JWTPayload = {}): JWTPayload => ({
    sub: stage.admin.id,
    sid: newId(),
    roles: ['admin'],
    jti: newId(),
    iss: 'waybill',
    aud: 'waybill',
    iat: now(),
    exp: now() + 300,
    ...change,
  });
  const sign = (key: Key, payload = claims(), header: object = {}) =>
    new SignJWT(payload).setProtectedHeader({ alg: 'EdDSA', kid, typ: 'at+jwt', ...header }).sign(key);
  const me = (authorization: string) => send(waybill.url, 'GET', ME, { headers: { authorization } });
  const codeOf = async (token: string) => problemIn(await me(`Bearer ${token}`)).code;

  it('of our own making opens the door, so that the refusals below mean something', async () => {
    expect((await me(`Bearer ${await sign(ours)}`)).status).toBe(200);
  });

  const forgeries: Record<string, () => Promise<string>> = {
    'that says alg none': async () => `${part({ alg: 'none', kid, typ: 'at+jwt' })}.${part(claims())}.`,
    'that says alg none and keeps a signature': async () => {
      const signature = (await sign(ours)).split('.')[2];
      return `${part({ alg: 'none', kid, typ: 'at+jwt' })}.${part(claims())}.${signature}`;
    },
    'signed with somebody’s own key under our key id': async () => sign(await stranger()),
    'signed with somebody’s own key under its own id': async () =>
      sign(await stranger(), claims(), { kid: 'theirs' }),
    'that brings its own key': async () => {
      const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
      const jwk = await exportJWK(publicKey);
      return sign(privateKey, claims(), { jwk, jku: 'http://127.0.0.1/jwks.json' });
    },
    'signed with our public key as a shared secret (raw)': async () =>
      sign(Buffer.from(publicJwk.x ?? '', 'base64url'), claims(), { alg: 'HS256' }),
    'signed with our public key as a shared secret (PEM)': async () => {
      const pem = createPublicKey({ key: publicJwk as never, format: 'jwk' }).export({
        type: 'spki',
        format: 'pem',
      });
      return sign(Buffer.from(pem), claims(), { alg: 'HS256' });
    },
    'that names an unknown key': async () => sign(ours, claims(), { kid: 'no-such-key' }),
    'that names no key': async () => sign(ours, claims(), { kid: undefined }),
    'of another issuer': async () => sign(ours, claims({ iss: 'somebody' })),
    'for another audience': async () => sign(ours, claims({ aud: 'somebody' })),
    'of another type': async () => sign(ours, claims(), { typ: 'JWT' }),
    'without expiry': async () => sign(ours, claims({ exp: undefined })),
    'without subject': async () => sign(ours, claims({ sub: undefined })),
    'with a role that there is not': async () => sign(ours, claims({ roles: ['root'] })),
    'not valid yet': async () => sign(ours, claims({ nbf: now() + 3600 })),
    'whose claims were changed': async () => {
      const [header, , signature] = (await sign(ours, claims({ roles: ['customer'] }))).split('.');
      return `${header}.${part(claims())}.${signature}`;
    },
    'cut short': async () => (await sign(ours)).slice(0, -4),
    'longer than any of ours': async () => sign(ours, claims({ filler: 'x'.repeat(7000) })),
    'that is a refresh token': () => Promise.resolve(stage.admin.refreshToken),
    'that is rubbish': () => Promise.resolve('rubbish'),
  };

  it.each(Object.entries(forgeries))('%s is refused', async (_, forge) => {
    expect(await codeOf(await forge())).toBe('AUTH.TOKEN_INVALID');
  });

  it('that has expired is refused', async () => {
    expect(await codeOf(await sign(ours, claims({ iat: now() - 400, exp: now() - 100 })))).toBe(
      'AUTH.TOKEN_EXPIRED',
    );
  });

  it('of a session that was ended is refused at once', async () => {
    const { accessToken, id } = await stage.session();
    expect((await me(`Bearer ${accessToken}`)).status).toBe(200);
    const answer = await send(waybill.url, 'DELETE', `/api/v1/users/me/sessions/${id}`, {
      token: stage.owner.accessToken,
    });
    expect(answer.status).toBe(204);
    expect(await codeOf(accessToken)).toBe('AUTH.SESSION_REVOKED');
  });

  it('of a user who was suspended is refused', async () => {
    const { id, accessToken } = stage.other;
    const suspend = (status: string) =>
      send(waybill.url, 'PUT', `/api/v1/users/${id}`, { token: stage.admin.accessToken, body: { status } });
    expect((await suspend('suspended')).status).toBe(200);
    expect(await codeOf(accessToken)).toBe('AUTH.SESSION_REVOKED');
    await suspend('active');
  });

  it('of roles that were taken away is refused', async () => {
    const { id, accessToken } = stage.staff;
    await send(waybill.url, 'PUT', `/api/v1/users/${id}`, {
      token: stage.admin.accessToken,
      body: { roles: ['customer'] },
    });
    expect(await codeOf(accessToken)).toBe('AUTH.SESSION_REVOKED');
  });

  it.each([
    ['', 'AUTH.TOKEN_REQUIRED'],
    ['Basic YWRtaW46YWRtaW4=', 'AUTH.TOKEN_REQUIRED'],
    ['Bearer', 'AUTH.TOKEN_INVALID'],
    ['Bearer a b', 'AUTH.TOKEN_INVALID'],
    ['Bearer null', 'AUTH.TOKEN_INVALID'],
    ['Bearer ..', 'AUTH.TOKEN_INVALID'],
  ])('in the header "%s" is refused with %s', async (authorization, code) => {
    const answer = await me(authorization);
    expect([answer.status, problemIn(answer).code]).toEqual([401, code]);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  it('counts in the Authorization header only', async () => {
    const token = stage.owner.accessToken;
    const elsewhere = [
      send(waybill.url, 'GET', `${ME}?access_token=${token}`),
      send(waybill.url, 'GET', ME, { headers: { cookie: `access_token=${token}; Authorization=${token}` } }),
      send(waybill.url, 'GET', ME, {
        headers: { 'x-access-token': token, 'x-user-id': stage.admin.id, 'x-role': 'admin' },
      }),
    ];
    for (const answer of await Promise.all(elsewhere))
      expect(problemIn(answer).code).toBe('AUTH.TOKEN_REQUIRED');
  });

  it('is needed by every protected route before anything else is looked at', async () => {
    const forged = await sign(await stranger());
    const expired = await sign(ours, claims({ iat: now() - 400, exp: now() - 100 }));
    for (const { method, path } of PROTECTED) {
      for (const [token, code] of [
        [forged, 'AUTH.TOKEN_INVALID'],
        [expired, 'AUTH.TOKEN_EXPIRED'],
        [undefined, 'AUTH.TOKEN_REQUIRED'],
      ]) {
        const body = method === 'GET' || method === 'DELETE' ? undefined : { not: 'valid' };
        const answer = await send(waybill.url, method, path, { body, ...(token ? { token } : {}) });
        expect(`${method} ${path} ${answer.status} ${problemIn(answer).code}`).toBe(
          `${method} ${path} 401 ${code}`,
        );
      }
    }
  });

  it('that is no good shuts nobody out of what is open to all, and opens nothing more', async () => {
    const forged = await sign(await stranger());
    const answer = await send(waybill.url, 'GET', '/api/v1/inventory/MUG-001', { token: forged });
    expect([answer.status, Object.keys(JSON.parse(answer.text) as object)]).toEqual([
      200,
      ['sku', 'available'],
    ]);
  });

  async function stranger(): Promise<Key> {
    return (await generateKeyPair('EdDSA', { crv: 'Ed25519' })).privateKey;
  }
});

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
