import { createHash, randomBytes } from 'node:crypto';

/** 256 bits of randomness: nothing to guess, so a fast hash is enough to keep. */
export function newRefreshToken(): string {
  return randomBytes(32).toString('base64url');
}

/** What is stored in its place. */
export function refreshTokenHash(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
