import { Logger } from '@nestjs/common';
import { z } from 'zod';
import { eventually } from '../../../test/eventually.js';
import { isAway, isThere, TestRedis } from '../../../test/redis.js';
import type { RedisLink } from '../redis/redis-link.js';
import type { CacheKind } from './cache.js';
import { MemoryCache } from './memory-cache.js';
import { RedisCache } from './redis-cache.js';

const TIMEOUT_MS = 100;
const PRICES: CacheKind<{ amount: number }> = {
  name: 'test.price',
  shared: true,
  schema: z.object({ amount: z.number() }),
  ttlMs: 60_000,
};
/** What no Redis may decide. */
const CHARGES: CacheKind<{ amount: number }> = { ...PRICES, name: 'test.charge', shared: false };
const KEY = 'waybill:cache:test.price:MUG';
const CHARGE_KEY = 'waybill:cache:test.charge:MUG';
const OLD = { amount: 1 };
const NEW = { amount: 2 };

interface Process {
  link: RedisLink;
  near: MemoryCache;
  cache: RedisCache;
}

describe('the cache that processes share', () => {
  let redis: TestRedis;
  let one: Process;
  let other: Process;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    redis = await TestRedis.start();
  });

  beforeEach(async () => {
    await redis.run((client) => client.flushall());
    [one, other] = [await aProcess(), await aProcess()];
  });

  afterEach(() => redis.closeLinks());

  afterAll(async () => {
    await redis.stop();
    Logger.overrideLogger(['error', 'warn', 'log']);
  });

  async function aProcess(): Promise<Process> {
    const link = await redis.link(TIMEOUT_MS);
    const near = new MemoryCache();
    const cache = new RedisCache(near, link);
    // The first use of a kind is what it is heard from.
    await Promise.all([cache.get(PRICES, 'nothing'), cache.get(CHARGES, 'nothing')]);
    await isThere(link);
    return { link, near, cache };
  }

  /** What stands in Redis, as text. */
  const inRedis = (key = KEY) => redis.run((client) => client.get(key));
  /** So often Redis was asked anything but its health. */
  const commands = async () => {
    const stats = await redis.run((client) => client.info('commandstats'));
    const calls = [...stats.matchAll(/^cmdstat_(?:mget|set|eval):calls=(\d+)/gm)];
    return calls.reduce((sum, [, count]) => sum + Number(count), 0);
  };

  async function kept(value: { amount: number }): Promise<void> {
    one.cache.set(PRICES, 'MUG', value);
    await eventually(async () => expect(await inRedis()).toBe(JSON.stringify(value)));
  }

  it('gives one process what another has read', async () => {
    await kept(OLD);
    expect(await other.cache.get(PRICES, 'MUG')).toEqual(OLD);
  });

  it('lets a value expire in Redis too', async () => {
    await kept(OLD);
    const left = await redis.run((client) => client.pttl(KEY));
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(PRICES.ttlMs);
  });

  it('asks Redis nothing for what this process has used a moment ago', async () => {
    await kept(OLD);
    const before = await commands();
    for (let i = 0; i < 100; i++) {
      expect(await one.cache.get(PRICES, 'MUG')).toEqual(OLD);
      one.cache.set(PRICES, 'MUG', NEW);
    }
    expect(await commands()).toBe(before);
  });

  it('asks once for all who ask together, and deletes many keys by one command', async () => {
    const keys = Array.from({ length: 200 }, (_, index) => `many-${index}`);
    const before = await commands();
    await Promise.all(keys.map((key) => one.cache.get(PRICES, key)));
    expect((await commands()) - before).toBeLessThanOrEqual(3);
    const then = await commands();
    await one.cache.delete(PRICES, ...keys);
    // The script is one, and runs a SET for each key.
    expect((await commands()) - then).toBe(1 + keys.length);
  });

  it('deletes and tells of more keys than go into one command', async () => {
    const keys = Array.from({ length: 2500 }, (_, index) => `many-${index}`);
    await one.cache.delete(PRICES, ...keys);
    const marks = await redis.run((client) =>
      client.mget(keys.map((key) => `waybill:cache:test.price:${key}`)),
    );
    expect(marks.filter((mark) => mark === 'deleted')).toHaveLength(2500);
    await eventually(() => {
      for (const key of keys) expect(other.near.peek(PRICES, key)).toEqual({ value: undefined });
    });
  });

  it('drops at once what another process deletes', async () => {
    await kept(OLD);
    await other.cache.get(PRICES, 'MUG');
    await one.cache.delete(PRICES, 'MUG');
    await eventually(() => expect(other.near.peek(PRICES, 'MUG')).toEqual({ value: undefined }));
    expect(await other.cache.get(PRICES, 'MUG')).toBeUndefined();
  });

  it('lets a deletion win over a value that another process read before the change', async () => {
    await one.cache.delete(PRICES, 'MUG');
    // A process that has not heard of it, and comes late with what it had read.
    const late = new RedisCache(new MemoryCache(), other.link);
    late.set(PRICES, 'MUG', OLD);
    await late.delete(PRICES, 'something after it');
    expect(await inRedis()).toBe('deleted');
    const third = await aProcess();
    expect(await third.cache.get(PRICES, 'MUG')).toBeUndefined();
  });

  it('does not hand out what was deleted while it was on its way from Redis', async () => {
    await kept(OLD);
    const reading = other.cache.get(PRICES, 'MUG');
    await other.near.delete(PRICES, 'MUG');
    expect(await reading).toBeUndefined();
  });

  it('takes new values again when the mark of a deletion is over', async () => {
    await one.cache.delete(PRICES, 'MUG');
    const left = await redis.run((client) => client.pttl(KEY));
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(5000);
    await redis.run((client) => client.del(KEY));
    const third = await aProcess();
    third.cache.set(PRICES, 'MUG', NEW);
    await eventually(async () => expect(await inRedis()).toBe(JSON.stringify(NEW)));
  });

  it.each([
    ['no JSON', 'rubbish'],
    ['of another shape', '{"amount":"12"}'],
    ['null', 'null'],
    ['huge', `"${'x'.repeat(1_000_000)}"`],
  ])('treats as absent what is %s, and goes on', async (_, text) => {
    await redis.run((client) => client.set(KEY, text));
    expect(await one.cache.get(PRICES, 'MUG')).toBeUndefined();
    one.cache.set(PRICES, 'MUG', NEW);
    expect(await one.cache.get(PRICES, 'MUG')).toEqual(NEW);
  });

  it('treats as absent what is no string, and deletes it nevertheless', async () => {
    await redis.run((client) => client.lpush(KEY, 'x'));
    expect(await one.cache.get(PRICES, 'MUG')).toBeUndefined();
    await one.cache.delete(PRICES, 'MUG');
    expect(await inRedis()).toBe('deleted');
  });

  it('is not disturbed by messages that are none of ours', async () => {
    await kept(OLD);
    await other.cache.get(PRICES, 'MUG');
    for (const text of ['rubbish', '{}', '[1]', `["${'x'.repeat(300_000)}"]`])
      await one.link.ask((client) => client.publish(...one.link.said('cache:test.price', text)));
    await one.cache.delete(PRICES, 'end');
    await eventually(() => expect(other.near.peek(PRICES, 'end')).toBeDefined());
    expect(await other.cache.get(PRICES, 'MUG')).toEqual(OLD);
  });

  it('adds no more than one command timeout to many reads of a Redis that hangs', async () => {
    redis.pause();
    try {
      const start = performance.now();
      for (let i = 0; i < 50; i++) {
        expect(await one.cache.get(PRICES, `hung-${i}`)).toBeUndefined();
        one.cache.set(PRICES, `hung-${i}`, OLD);
        await one.cache.delete(PRICES, `hung-${i}`);
      }
      expect(performance.now() - start).toBeLessThan(TIMEOUT_MS * 3);
    } finally {
      redis.resume();
    }
  });

  it('works on in each process while Redis is away, and together again afterwards', async () => {
    await redis.kill();
    await Promise.all([isAway(one.link), isAway(other.link)]);
    one.cache.set(PRICES, 'MUG', OLD);
    expect(await one.cache.get(PRICES, 'MUG')).toEqual(OLD);
    expect(await other.cache.get(PRICES, 'MUG')).toBeUndefined();
    await redis.restart();
    await Promise.all([isThere(one.link), isThere(other.link)]);
    one.cache.set(PRICES, 'CUP', NEW);
    await eventually(async () => expect(await other.cache.get(PRICES, 'CUP')).toEqual(NEW));
  });

  it('makes up for deletions that Redis did not hear of', async () => {
    await kept(OLD);
    redis.pause();
    await isAway(one.link);
    await one.cache.delete(PRICES, 'MUG');
    redis.resume();
    await eventually(async () => expect(await inRedis()).toBe('deleted'));
    await eventually(() => expect(other.near.peek(PRICES, 'MUG')).toEqual({ value: undefined }));
  });

  describe('for a kind that is not shared', () => {
    it('reads nothing from Redis, whatever stands there', async () => {
      await redis.run((client) => client.set(CHARGE_KEY, JSON.stringify(OLD)));
      expect(await one.cache.get(CHARGES, 'MUG')).toBeUndefined();
      one.cache.set(CHARGES, 'MUG', NEW);
      expect(await one.cache.get(CHARGES, 'MUG')).toEqual(NEW);
      expect(await inRedis(CHARGE_KEY)).toBe(JSON.stringify(OLD));
    });

    it('writes nothing to Redis', async () => {
      one.cache.set(CHARGES, 'MUG', OLD);
      await one.cache.delete(CHARGES, 'CUP');
      // What comes later over the same connection has come: so would the others have.
      await kept(OLD);
      expect(await redis.run((client) => client.keys('*'))).toEqual([KEY]);
    });

    it('drops at once what another process deletes', async () => {
      other.cache.set(CHARGES, 'MUG', OLD);
      await one.cache.delete(CHARGES, 'MUG');
      await eventually(() => expect(other.near.peek(CHARGES, 'MUG')).toEqual({ value: undefined }));
    });

    it('tells later of deletions that Redis did not hear of', async () => {
      redis.pause();
      await isAway(one.link);
      await one.cache.delete(CHARGES, 'MUG');
      redis.resume();
      await eventually(() => expect(other.near.peek(CHARGES, 'MUG')).toEqual({ value: undefined }));
    });
  });

  it('goes on when Redis is flushed', async () => {
    await kept(OLD);
    await redis.run((client) => client.flushall());
    const third = await aProcess();
    expect(await third.cache.get(PRICES, 'MUG')).toBeUndefined();
    third.cache.set(PRICES, 'MUG', NEW);
    await eventually(async () => expect(await inRedis()).toBe(JSON.stringify(NEW)));
  });
});
