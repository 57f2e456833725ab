import type { JWK } from 'jose';

/** Where the public keys come from with which access tokens are verified. */
export abstract class KeySource {
  /** The keys published now. Rejects when they cannot be had. */
  abstract keys(): Promise<JWK[]>;
}
