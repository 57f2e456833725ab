import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Clock } from '../clock.js';

/** Sessions that were ended while an access token of theirs may still be alive. */
export abstract class Revocations {
  /**
   * Refuses the session's access tokens from now on: in this process at once, and in all that can be told.
   * `until` is when the last of them has expired.
   */
  abstract revoke(sessionId: string, until: Date): Promise<void>;

  /** Asked for every request. */
  abstract isRevoked(sessionId: string): boolean;
}

/** A token lives for minutes, so this is more sessions than end in that time. */
export const MAX_SESSIONS = 100_000;

/** Revocations that this process knows of. */
@Injectable()
export class MemoryRevocations extends Revocations {
  private readonly ended = new LRUCache<string, number>({ max: MAX_SESSIONS });

  constructor(private readonly clock: Clock) {
    super();
  }

  revoke(sessionId: string, until: Date): Promise<void> {
    if (until > this.clock.now()) this.ended.set(sessionId, until.getTime());
    return Promise.resolve();
  }

  isRevoked(sessionId: string): boolean {
    const until = this.ended.get(sessionId);
    if (until === undefined) return false;
    if (until > this.clock.now().getTime()) return true;
    this.ended.delete(sessionId);
    return false;
  }
}
