import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { GroupCommit } from '../persistence/group-commit.js';
import { readJson } from '../redis/read-json.js';
import { currentWork } from '../telemetry/work-context.js';
import type { RedisLink } from '../redis/redis-link.js';
import { Cache, type CacheKind, DELETED_MS } from './cache.js';
import type { MemoryCache } from './memory-cache.js';

type Kind = CacheKind<unknown>;

/** Stands in the place of what was deleted, and is no JSON. */
const DELETED = 'deleted';

/** One command for many keys, and for telling of it. Without keys it only tells. */
const DELETE = `
  for _, key in ipairs(KEYS) do redis.call('SET', key, ARGV[1], 'PX', ARGV[2]) end
  redis.call('PUBLISH', ARGV[3], ARGV[4])
  return #KEYS`;

const MAX_KEYS = 500;
const Keys = z.array(z.string()).max(MAX_KEYS);

/** Deletions to make up for. Older ones than these are of values that have expired meanwhile. */
const OWED = { max: 20_000, ttl: 60_000 };

/**
 * Two tiers: what this process has used in the last moments, and behind it Redis, which all processes share. A
 * deletion replaces the value in both by a mark that refuses late comers, and is told to the other processes.
 * While Redis is away, this is its memory alone. Kinds that are not shared have the first tier only, and what is
 * deleted of them is told all the same.
 */
export class RedisCache extends Cache {
  /** One for each module: what a module reads is told as its own. */
  private readonly readings = new Map<string, GroupCommit<string, string | null>>();
  private readonly owed = new LRUCache<string, { kind: Kind; key: string }>(OWED);
  private readonly known = new Set<string>();

  constructor(
    private readonly near: MemoryCache,
    private readonly link: RedisLink,
  ) {
    super();
    link.whenBack(() => void this.makeUp());
  }

  protected async find<T>(kind: CacheKind<T>, key: string): Promise<T | undefined> {
    const near = this.near.peek(kind, key);
    if (near) return near.value as T | undefined;
    this.hear(kind);
    if (!kind.shared) return undefined;
    const value = readJson(
      kind.schema,
      await this.readingOf(currentWork().module).submit(redisKey(kind, key)),
    );
    if (value !== undefined) this.near.set(kind, key, value);
    // Not the value itself: it may have been deleted while it was on its way.
    return this.near.peek(kind, key)?.value as T | undefined;
  }

  set<T>(kind: CacheKind<T>, key: string, value: T): void {
    if (this.near.peek(kind, key)) return;
    this.hear(kind);
    this.near.set(kind, key, value);
    if (!kind.shared) return;
    const text = JSON.stringify(value);
    void this.link.ask((redis) => redis.set(redisKey(kind, key), text, 'PX', kind.ttlMs, 'NX'));
  }

  async delete(kind: Kind, ...keys: string[]): Promise<void> {
    await this.near.delete(kind, ...keys);
    // One after the other: in a long line of deletions others would wait too long for their answers.
    for (let from = 0; from < keys.length; from += MAX_KEYS)
      await this.deleteFar(kind, keys.slice(from, from + MAX_KEYS));
  }

  private async deleteFar(kind: Kind, keys: string[]): Promise<void> {
    const said = this.link.said(channel(kind), JSON.stringify(keys));
    const addresses = kind.shared ? keys.map((key) => redisKey(kind, key)) : [];
    const done = await this.link.ask((redis) =>
      redis.eval(DELETE, addresses.length, ...addresses, DELETED, DELETED_MS, ...said),
    );
    if (done === undefined) for (const key of keys) this.owed.set(redisKey(kind, key), { kind, key });
  }

  /** What was deleted while Redis was away may still stand there. */
  private async makeUp(): Promise<void> {
    const owed = Map.groupBy(this.owed.values(), ({ kind }) => kind);
    this.owed.clear();
    await Promise.all(
      [...owed].map(([kind, deletions]) => this.delete(kind, ...deletions.map(({ key }) => key))),
    );
  }

  /** From the first use of a kind on, what others delete of it is dropped here too. */
  private hear(kind: Kind): void {
    if (this.known.has(kind.name)) return;
    this.known.add(kind.name);
    this.link.listen(channel(kind), {
      onMessage: (text) => void this.near.delete(kind, ...(readJson(Keys, text) ?? [])),
    });
  }

  private readingOf(module: string): GroupCommit<string, string | null> {
    const known = this.readings.get(module);
    if (known) return known;
    const reading = new GroupCommit((keys: string[]) => this.read(keys), {
      name: 'cache.read',
      module,
      lanes: 2,
    });
    this.readings.set(module, reading);
    return reading;
  }

  private async read(keys: string[]): Promise<(string | null)[]> {
    const unique = [...new Set(keys)];
    const texts = (await this.link.ask((redis) => redis.mget(unique))) ?? [];
    const byKey = new Map(unique.map((key, index) => [key, texts[index] ?? null]));
    return keys.map((key) => byKey.get(key) ?? null);
  }
}

function redisKey({ name }: Kind, key: string): string {
  return `waybill:cache:${name}:${key}`;
}

function channel({ name }: Kind): string {
  return `cache:${name}`;
}
