import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Cache } from './cache.js';

const MAX_ENTRIES = 20_000;

/** A cache in this process, bounded: what was used least goes first. Other processes do not see its deletions. */
@Injectable()
export class MemoryCache extends Cache {
  private readonly entries = new LRUCache<string, { value: unknown }>({ max: MAX_ENTRIES });

  get<T>(name: string, key: string): Promise<T | undefined> {
    return Promise.resolve(this.entries.get(address(name, key))?.value as T | undefined);
  }

  set<T>(name: string, key: string, value: T, ttlMs: number): Promise<void> {
    this.entries.set(address(name, key), { value }, { ttl: ttlMs });
    return Promise.resolve();
  }

  delete(name: string, key: string): Promise<void> {
    this.entries.delete(address(name, key));
    return Promise.resolve();
  }
}

function address(name: string, key: string): string {
  return `${name} ${key}`;
}
