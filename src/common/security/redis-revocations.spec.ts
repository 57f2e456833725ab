import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { eventually } from '../../../test/eventually.js';
import { isAway, isThere, TestRedis } from '../../../test/redis.js';
import { SystemClock } from '../clock.js';
import type { RedisLink } from '../redis/redis-link.js';
import { RedisRevocations } from './redis-revocations.js';
import { MemoryRevocations } from './revocations.js';

const TIMEOUT_MS = 100;
const KEY = 'waybill:revoked';

interface Process {
  link: RedisLink;
  revocations: RedisRevocations;
}

describe('revocations of several processes', () => {
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
    const clock = new SystemClock();
    const revocations = new RedisRevocations(new MemoryRevocations(clock), link, clock);
    await isThere(link);
    return { link, revocations };
  }

  const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000);
  const revoke = async (process = one, until = inMinutes(5)) => {
    const id = randomUUID();
    await process.revocations.revoke(id, until);
    return id;
  };

  it('hold at once in the process that makes one, and reach the others', async () => {
    const id = randomUUID();
    const done = one.revocations.revoke(id, inMinutes(5));
    expect(one.revocations.isRevoked(id)).toBe(true);
    await done;
    await eventually(() => expect(other.revocations.isRevoked(id)).toBe(true));
    expect(other.revocations.isRevoked(randomUUID())).toBe(false);
  });

  it('are loaded by a process that starts later, those only that still matter', async () => {
    const id = await revoke();
    const over = randomUUID();
    await redis.run((client) => client.zadd(KEY, Date.now() - 1000, over));
    const late = await aProcess();
    await eventually(() => expect(late.revocations.isRevoked(id)).toBe(true));
    expect(late.revocations.isRevoked(over)).toBe(false);
  });

  it('are loaded by a process that was cut off', async () => {
    const missed = randomUUID();
    await redis.run((client) => client.zadd(KEY, inMinutes(5).getTime(), missed));
    expect(one.revocations.isRevoked(missed)).toBe(false);
    await redis.run((client) => client.client('KILL', 'TYPE', 'pubsub'));
    await eventually(() => expect(one.revocations.isRevoked(missed)).toBe(true));
  });

  it('go on in each process while Redis is away, and reach the others again afterwards', async () => {
    await redis.kill();
    await Promise.all([isAway(one.link), isAway(other.link)]);
    const alone = await revoke();
    expect(one.revocations.isRevoked(alone)).toBe(true);
    expect(other.revocations.isRevoked(alone)).toBe(false);
    await redis.restart();
    await Promise.all([isThere(one.link), isThere(other.link)]);
    const id = await revoke();
    await eventually(() => expect(other.revocations.isRevoked(id)).toBe(true));
  });

  it('wait no longer than one command timeout for a Redis that hangs', async () => {
    redis.pause();
    try {
      const start = performance.now();
      for (let i = 0; i < 20; i++) await revoke();
      expect(performance.now() - start).toBeLessThan(TIMEOUT_MS * 3);
    } finally {
      redis.resume();
    }
  });

  it('are not forgotten by those who know them when Redis is flushed', async () => {
    const id = await revoke();
    await eventually(() => expect(other.revocations.isRevoked(id)).toBe(true));
    await redis.run((client) => client.flushall());
    expect(one.revocations.isRevoked(id)).toBe(true);
    expect(other.revocations.isRevoked(id)).toBe(true);
  });

  it('do not pile up in Redis', async () => {
    await redis.run((client) => client.zadd(KEY, Date.now() - 3 * 3_600_000, randomUUID()));
    const id = await revoke();
    expect(await redis.run((client) => client.zrange(KEY, 0, -1))).toEqual([id]);
    expect(await redis.run((client) => client.pttl(KEY))).toBeGreaterThan(0);
  });

  it('are not disturbed by rubbish, in Redis or in messages', async () => {
    await redis.run((client) =>
      client.zadd(KEY, '+inf', 'rubbish', '+inf', randomUUID(), 9e15, randomUUID(), -1, randomUUID()),
    );
    for (const text of ['rubbish', '{}', '[1,2]', `["${randomUUID()}","soon"]`])
      await one.link.ask((client) => client.publish(...one.link.said('revoked', text)));
    const late = await aProcess();
    const id = await revoke(late);
    await eventually(() => expect(other.revocations.isRevoked(id)).toBe(true));
  });

  it('survive that something else stands in their place', async () => {
    await redis.run((client) => client.set(KEY, 'rubbish'));
    const id = await revoke(await aProcess());
    expect(one.revocations.isRevoked(id)).toBe(false);
  });
});
