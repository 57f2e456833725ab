import { Injectable } from '@nestjs/common';
import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { type CryptoKey, importJWK, type JWK } from 'jose';
import { Clock } from '../clock.js';
import { KeySource } from './key-source.js';

/** Tokens with made-up key ids must not turn into a call each. */
const MIN_AGE_MS = 5_000;
/** After this the set is fetched again behind the scenes, so that a key withdrawn is a key refused. */
const MAX_AGE_MS = 300_000;

/** The verification keys by their id, fetched from the source when an unknown one turns up. */
@Injectable()
export class VerificationKeys {
  private keys = new Map<string, CryptoKey>();
  private fetchedAt: number | null = null;
  private fetching: Promise<void> | null = null;

  constructor(
    private readonly source: KeySource,
    private readonly clock: Clock,
  ) {}

  /** Undefined when there is no such key; rejects when it is unknown because the source cannot be reached. */
  async find(kid: string): Promise<CryptoKey | undefined> {
    const known = this.keys.get(kid);
    if (!known && (this.fetching !== null || this.olderThan(MIN_AGE_MS))) {
      await this.fetch();
      return this.keys.get(kid);
    }
    // A source that is down costs nothing while its old keys do.
    if (this.olderThan(MAX_AGE_MS)) void this.fetch().catch(() => undefined);
    return known;
  }

  private olderThan(ms: number): boolean {
    if (this.fetchedAt === null) return true;
    return Math.abs(this.clock.now().getTime() - this.fetchedAt) >= ms;
  }

  private fetch(): Promise<void> {
    this.fetching ??= this.replace().finally(() => {
      this.fetching = null;
    });
    return this.fetching;
  }

  private async replace(): Promise<void> {
    // The process needs them, whoever's request was the first: it belongs to no request and no module.
    const published = await context.with(ROOT_CONTEXT, () => this.source.keys());
    const keys = await Promise.all(
      published.filter(isOurs).map(async (jwk) => [jwk.kid, await importKey(jwk)] as const),
    );
    this.keys = new Map(keys);
    this.fetchedAt = this.clock.now().getTime();
  }
}

function isOurs(jwk: JWK): jwk is JWK & { kid: string } {
  return jwk.kty === 'OKP' && jwk.crv === 'Ed25519' && typeof jwk.kid === 'string';
}

async function importKey({ kty, crv, x }: JWK): Promise<CryptoKey> {
  // Only the public half, whatever the source was careless enough to give.
  return (await importJWK({ kty, crv, x } as JWK, 'EdDSA')) as CryptoKey;
}
