import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Cache, type CacheKind, DELETED_MS, NEAR_MS } from './cache.js';

const MAX_ENTRIES = 20_000;

/** `value` is undefined in the place of what was deleted. */
interface Entry {
  value: unknown;
}

/**
 * A cache in this process, bounded: what was used least goes first. Other processes do not see its deletions, so
 * nothing is kept for long.
 */
@Injectable()
export class MemoryCache extends Cache {
  private readonly entries = new LRUCache<string, Entry>({ max: MAX_ENTRIES });

  /** What is known of the key, its deletion included. */
  peek(kind: CacheKind<unknown>, key: string): Entry | undefined {
    return this.entries.get(address(kind, key));
  }

  protected find<T>(kind: CacheKind<T>, key: string): Promise<T | undefined> {
    return Promise.resolve(this.peek(kind, key)?.value as T | undefined);
  }

  set<T>(kind: CacheKind<T>, key: string, value: T): void {
    if (this.peek(kind, key)) return;
    this.entries.set(address(kind, key), { value }, { ttl: Math.min(kind.ttlMs, NEAR_MS) });
  }

  delete(kind: CacheKind<unknown>, ...keys: string[]): Promise<void> {
    for (const key of keys) this.entries.set(address(kind, key), { value: undefined }, { ttl: DELETED_MS });
    return Promise.resolve();
  }
}

function address({ name }: CacheKind<unknown>, key: string): string {
  return `${name}:${key}`;
}
