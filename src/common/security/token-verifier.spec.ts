import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { Clock } from '../clock.js';
import { Config } from '../config/config.js';
import { Unavailable } from '../errors/common.errors.js';
import type { KeySource } from './key-source.js';
import { MemoryRevocations } from './revocations.js';
import { TokenVerifier } from './token-verifier.js';
import { VerificationKeys } from './verification-keys.js';

class SettableClock extends Clock {
  private time = Date.parse('2026-11-20T10:00:00.000Z');

  now(): Date {
    return new Date(this.time);
  }

  advance(seconds: number): void {
    this.time += seconds * 1000;
  }
}

interface Signer {
  kid: string;
  key: CryptoKey;
  jwk: JWK;
}

async function aSigner(kid: string): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  return { kid, key: privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'EdDSA', use: 'sig' } };
}

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('the token verifier', () => {
  let ours: Signer;
  let published: Signer[];
  let fetches: number;
  let sourceIsDown: boolean;
  let clock: SettableClock;
  let revocations: MemoryRevocations;
  let verifier: TokenVerifier;
  const userId = randomUUID();
  const sessionId = randomUUID();

  beforeAll(async () => {
    ours = await aSigner('ours');
  });

  beforeEach(() => {
    published = [ours];
    fetches = 0;
    sourceIsDown = false;
    clock = new SettableClock();
    revocations = new MemoryRevocations(clock);
    const source: KeySource = {
      keys: () => {
        fetches += 1;
        if (sourceIsDown) return Promise.reject(new Unavailable('users are away'));
        return Promise.resolve(published.map(({ jwk }) => jwk));
      },
    };
    verifier = new TokenVerifier(new VerificationKeys(source, clock), revocations, new Config({}), clock);
  });

  function claims(): JWTPayload {
    const now = Math.floor(clock.now().getTime() / 1000);
    return {
      sub: userId,
      sid: sessionId,
      roles: ['customer'],
      jti: randomUUID(),
      iss: 'waybill',
      aud: 'waybill',
      iat: now,
      exp: now + 300,
    };
  }

  function sign(payload: JWTPayload = claims(), signer = ours, header: object = {}): Promise<string> {
    return new SignJWT(payload)
      .setProtectedHeader({ alg: 'EdDSA', kid: signer.kid, typ: 'at+jwt', ...header })
      .sign(signer.key);
  }

  const refused = (token: string) =>
    verifier.verify(token).then(
      () => 'verified',
      (error: unknown) => (error as { code: string }).code,
    );

  it('gives the principal and the expiry of a good token', async () => {
    const { principal, expiresAt } = await verifier.verify(await sign());
    expect(principal).toEqual({ userId, sessionId, roles: ['customer'] });
    expect(expiresAt).toEqual(new Date('2026-11-20T10:05:00.000Z'));
  });

  it('refuses a token as soon as it has expired, also one that it has verified before', async () => {
    const token = await sign();
    await verifier.verify(token);
    clock.advance(299);
    await verifier.verify(token);
    clock.advance(1);
    expect(await refused(token)).toBe('AUTH.TOKEN_EXPIRED');
    expect(await refused(token)).toBe('AUTH.TOKEN_EXPIRED');
  });

  it.each(['none', 'HS256', 'EdDSA'])(
    'refuses an unsigned token that names the algorithm %s',
    async (alg) => {
      const token = `${base64url({ alg, kid: 'ours', typ: 'at+jwt' })}.${base64url(claims())}.`;
      expect(await refused(token)).toBe('AUTH.TOKEN_INVALID');
    },
  );

  it('refuses a token signed with the public key as if it were a shared secret', async () => {
    const secret = Buffer.from(ours.jwk.x ?? '', 'base64url');
    const token = await new SignJWT(claims())
      .setProtectedHeader({ alg: 'HS256', kid: 'ours', typ: 'at+jwt' })
      .sign(secret);
    expect(await refused(token)).toBe('AUTH.TOKEN_INVALID');
  });

  it('refuses a key of somebody else, under our id or its own', async () => {
    const theirs = await aSigner('theirs');
    expect(await refused(await sign(claims(), { ...theirs, kid: 'ours' }))).toBe('AUTH.TOKEN_INVALID');
    expect(await refused(await sign(claims(), theirs))).toBe('AUTH.TOKEN_INVALID');
  });

  it('never takes a key out of the token itself', async () => {
    const theirs = await aSigner('theirs');
    const token = await sign(claims(), theirs, { jwk: theirs.jwk, jku: 'https://evil.test/jwks.json' });
    expect(await refused(token)).toBe('AUTH.TOKEN_INVALID');
  });

  it.each([
    ['another issuer', { iss: 'somebody' }],
    ['another audience', { aud: 'somebody' }],
    ['no subject', { sub: undefined }],
    ['a subject that is no id', { sub: 'admin' }],
    ['no session', { sid: undefined }],
    ['no roles', { roles: undefined }],
    ['an unknown role', { roles: ['root'] }],
    ['no expiry', { exp: undefined }],
    ['a start in the future', { nbf: 4_102_444_800 }],
  ])('refuses a well-signed token with %s', async (_, change) => {
    expect(await refused(await sign({ ...claims(), ...change }))).toBe('AUTH.TOKEN_INVALID');
  });

  it('refuses a well-signed token of another type', async () => {
    expect(await refused(await sign(claims(), ours, { typ: 'JWT' }))).toBe('AUTH.TOKEN_INVALID');
    expect(await refused(await sign(claims(), ours, { typ: undefined }))).toBe('AUTH.TOKEN_INVALID');
  });

  it('refuses a token whose claims were changed', async () => {
    const [header, , signature] = (await sign()).split('.');
    const token = `${header}.${base64url({ ...claims(), roles: ['admin'] })}.${signature}`;
    expect(await refused(token)).toBe('AUTH.TOKEN_INVALID');
  });

  it.each(['', '.', '..', 'a.b.c', 'x'.repeat(5000), 'ey.ey', '{}.{}.{}'])(
    'refuses the rubbish %j',
    async (token) => {
      expect(await refused(token)).toBe('AUTH.TOKEN_INVALID');
    },
  );

  it('refuses the tokens of a session from the moment it is revoked, and no others', async () => {
    const token = await sign();
    const other = await sign({ ...claims(), sid: randomUUID() });
    await verifier.verify(token);
    await revocations.revoke(sessionId, new Date(clock.now().getTime() + 300_000));
    expect(await refused(token)).toBe('AUTH.SESSION_REVOKED');
    expect(await refused(other)).toBe('verified');
  });

  it('finds a key that is newly published, without a restart', async () => {
    await verifier.verify(await sign());
    const next = await aSigner('next');
    published = [next, ours];
    clock.advance(5);
    expect(await refused(await sign(claims(), next))).toBe('verified');
    expect(await refused(await sign())).toBe('verified');
  });

  it('asks for unknown keys once in 5 seconds at most', async () => {
    const tokens = await Promise.all(
      Array.from({ length: 20 }, (_, i) => sign(claims(), { ...ours, kid: `made-up-${i}` })),
    );
    await Promise.all(tokens.map(refused));
    for (const token of tokens) await refused(token);
    expect(fetches).toBe(1);
    clock.advance(5);
    for (const token of tokens) await refused(token);
    expect(fetches).toBe(2);
  });

  it('drops a key that is no longer published', async () => {
    await verifier.verify(await sign());
    published = [await aSigner('next')];
    clock.advance(301);
    // It notices that its keys are old and fetches them behind the scenes.
    while ((await refused(await sign())) === 'verified') await setImmediate();
    expect(await refused(await sign())).toBe('AUTH.TOKEN_INVALID');
  });

  it('says that keys cannot be had, rather than that the token is bad', async () => {
    sourceIsDown = true;
    expect(await refused(await sign())).toBe('SERVICE.UNAVAILABLE');
    sourceIsDown = false;
    expect(await refused(await sign())).toBe('verified');
  });

  it('goes on with the keys that it has while the source is down', async () => {
    await verifier.verify(await sign());
    sourceIsDown = true;
    clock.advance(1000);
    expect(await refused(await sign())).toBe('verified');
    expect(await refused(await sign())).toBe('verified');
  });
});
