import type { z } from 'zod';
import { cacheRequests } from './cache.metrics.js';

/** One use of the cache. */
export interface CacheKind<T> {
  /** Keeps its keys apart from those of others: `catalog.price`. */
  name: string;
  /**
   * May Redis keep the values? Only of what is merely shown: whoever can write to Redis can write such a value.
   * What decides something (a price, who may act) stays in the process that read it; only deletions are told.
   */
  shared: boolean;
  /** JSON values. What is kept outside this process is checked when it comes back. */
  schema: z.ZodType<T>;
  /** How long a value is good for when nobody says that it has changed. In a process NEAR_MS at most. */
  ttlMs: number;
}

/** So long after a deletion a key takes no value: whoever read it before the change is done by then. */
export const DELETED_MS = 5_000;
/** So long a process goes on with a value when it does not hear that another one deleted it. */
export const NEAR_MS = 2_000;

/**
 * Values that can be lost at any time: whoever reads must be able to fetch them anew. A value is read and then
 * kept; whoever changes it deletes it after the commit, and a deletion wins over everything read before.
 * Nothing here ever fails.
 */
export abstract class Cache {
  /** Undefined when it is not there, has expired or was deleted. */
  async get<T>(kind: CacheKind<T>, key: string): Promise<T | undefined> {
    const value = await this.find(kind, key);
    cacheRequests.inc({ cache: kind.name, result: value === undefined ? 'miss' : 'hit' });
    return value;
  }

  protected abstract find<T>(kind: CacheKind<T>, key: string): Promise<T | undefined>;

  /** Keeps what was just read from its source. Nobody has to wait for it. What is there already stays. */
  abstract set<T>(kind: CacheKind<T>, key: string, value: T): void;

  /** When it resolves, other processes know too, if they can be told. In this one it holds at once. */
  abstract delete(kind: CacheKind<unknown>, ...keys: string[]): Promise<void>;
}
