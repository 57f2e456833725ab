import { z } from 'zod';
import { eventually } from '../../../test/eventually.js';
import { isThere, TestRedis } from '../../../test/redis.js';
import { type Cache, type CacheKind, NEAR_MS } from './cache.js';
import { MemoryCache } from './memory-cache.js';
import { RedisCache } from './redis-cache.js';

const PRICES: CacheKind<{ amount: number }> = {
  name: 'test.price',
  shared: true,
  schema: z.object({ amount: z.number() }),
  ttlMs: 60_000,
};
const COUNTS: CacheKind<number> = { name: 'test.count', shared: true, schema: z.number(), ttlMs: 60_000 };
const BRIEF: CacheKind<number> = { ...COUNTS, name: 'test.brief', ttlMs: 1 };

describe.each(['in memory', 'in Redis', 'in Redis that is away'])('the cache %s', (where) => {
  let redis: TestRedis | null = null;
  let cache: Cache;

  beforeAll(async () => {
    if (where !== 'in memory') redis = await TestRedis.start();
  });

  beforeEach(async () => {
    cache = new MemoryCache();
    if (!redis) return;
    const link = await redis.link();
    await redis.run((client) => client.flushall());
    cache = new RedisCache(new MemoryCache(), link);
    if (where === 'in Redis') await isThere(link);
    else link.onApplicationShutdown();
  });

  afterEach(() => redis?.closeLinks());

  afterAll(() => redis?.stop());

  it('gives back what was kept, under its kind and key only', async () => {
    cache.set(PRICES, 'MUG-001', { amount: 1290 });
    expect(await cache.get(PRICES, 'MUG-001')).toEqual({ amount: 1290 });
    expect(await cache.get(PRICES, 'MUG-002')).toBeUndefined();
    expect(await cache.get(COUNTS, 'MUG-001')).toBeUndefined();
  });

  it('forgets what was deleted, and nothing else', async () => {
    for (const key of ['a', 'b', 'c']) cache.set(COUNTS, key, 1);
    await cache.delete(COUNTS, 'a', 'b');
    expect(await Promise.all(['a', 'b', 'c'].map((key) => cache.get(COUNTS, key)))).toEqual([
      undefined,
      undefined,
      1,
    ]);
  });

  it('forgets at once, before anybody waits for it', async () => {
    cache.set(COUNTS, 'a', 1);
    const deleted = cache.delete(COUNTS, 'a');
    expect(await cache.get(COUNTS, 'a')).toBeUndefined();
    await deleted;
  });

  it('takes no value that was read before the deletion and comes after it', async () => {
    await cache.delete(COUNTS, 'a');
    cache.set(COUNTS, 'a', 1);
    expect(await cache.get(COUNTS, 'a')).toBeUndefined();
  });

  it('stays with what it has when somebody else read it too', async () => {
    cache.set(COUNTS, 'a', 1);
    cache.set(COUNTS, 'a', 2);
    expect(await cache.get(COUNTS, 'a')).toBe(1);
  });

  it('forgets what has expired', async () => {
    cache.set(BRIEF, 'a', 1);
    while ((await cache.get(BRIEF, 'a')) !== undefined) await new Promise((resolve) => setImmediate(resolve));
    expect(await cache.get(BRIEF, 'a')).toBeUndefined();
  });

  it('deletes more keys at once than go into one command', async () => {
    const keys = Array.from({ length: 2500 }, (_, index) => `many-${index}`);
    for (const key of keys) cache.set(COUNTS, key, 1);
    await cache.delete(COUNTS, ...keys);
    const left = await Promise.all(keys.map((key) => cache.get(COUNTS, key)));
    expect(left.filter((value) => value !== undefined)).toEqual([]);
  });
});

describe('the cache in memory', () => {
  it('stays bounded, however many values are kept', async () => {
    const cache = new MemoryCache();
    for (let i = 0; i < 20_001; i++) cache.set(COUNTS, String(i), i);
    expect(await cache.get(COUNTS, '0')).toBeUndefined();
    expect(await cache.get(COUNTS, '20000')).toBe(20_000);
  });

  it('keeps nothing for long, since it does not hear of what others change', async () => {
    const cache = new MemoryCache();
    cache.set(COUNTS, 'a', 1);
    expect(await cache.get(COUNTS, 'a')).toBe(1);
    await eventually(async () => expect(await cache.get(COUNTS, 'a')).toBeUndefined(), NEAR_MS + 500);
  });
});
