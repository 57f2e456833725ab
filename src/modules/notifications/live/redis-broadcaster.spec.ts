import { Logger } from '@nestjs/common';
import { eventually } from '../../../../test/eventually.js';
import { isAway, isThere, TestRedis } from '../../../../test/redis.js';
import type { RedisLink } from '../../../common/redis/redis-link.js';
import { Hub } from './hub.js';
import type { Push } from './push.js';
import { RedisBroadcaster } from './redis-broadcaster.js';

const push = (type: string, data: unknown = {}): Push => ({ type, data, userId: 'alice', staff: false });

/** A process with one open connection, of Alice. */
interface Process {
  link: RedisLink;
  broadcaster: RedisBroadcaster;
  heard: string[];
}

describe('pushes of several processes', () => {
  let redis: TestRedis;
  let one: Process;
  let other: Process;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    redis = await TestRedis.start();
  });

  beforeEach(async () => {
    [one, other] = [await aProcess(), await aProcess()];
  });

  afterEach(() => redis.closeLinks());

  afterAll(async () => {
    await redis.stop();
    Logger.overrideLogger(['error', 'warn', 'log']);
  });

  async function aProcess(): Promise<Process> {
    const link = await redis.link(100);
    const hub = new Hub();
    const heard: string[] = [];
    hub.join({
      principal: { userId: 'alice', sessionId: 's', roles: ['customer'] },
      send: (text) => heard.push((JSON.parse(text) as { type: string }).type),
    });
    const broadcaster = new RedisBroadcaster(hub, link);
    await isThere(link);
    return { link, broadcaster, heard };
  }

  /** Whoever hears this has heard all that was said before it. */
  async function end(from = one): Promise<void> {
    from.broadcaster.publish(push('end'));
    await eventually(() => {
      expect(one.heard).toContain('end');
      expect(other.heard).toContain('end');
    });
  }

  it('reach the connections of each process once', async () => {
    one.broadcaster.publish(push('orders.confirmed'));
    expect(one.heard).toEqual(['orders.confirmed']);
    await end();
    expect(one.heard).toEqual(['orders.confirmed', 'end']);
    expect(other.heard).toEqual(['orders.confirmed', 'end']);
  });

  it('reach those of the same process at once while Redis is away or hangs', async () => {
    redis.pause();
    one.broadcaster.publish(push('hung'));
    expect(one.heard).toEqual(['hung']);
    await redis.kill();
    await isAway(one.link);
    one.broadcaster.publish(push('away'));
    expect(one.heard).toEqual(['hung', 'away']);
    expect(other.heard).toEqual([]);
    await redis.restart();
    await Promise.all([isThere(one.link), isThere(other.link)]);
    await end();
  });

  it('go on when Redis is flushed: nothing of them is kept', async () => {
    one.broadcaster.publish(push('before'));
    await redis.run((client) => client.flushall());
    await end();
    expect(await redis.run((client) => client.keys('*'))).toEqual([]);
  });

  it('stay in the process when they are larger than any honest one', async () => {
    const sent: string[] = [];
    const witness = await redis.link();
    witness.listen('pushes', { onMessage: (text) => sent.push(text.slice(0, 20)) });
    await isThere(witness);
    one.broadcaster.publish(push('huge', 'x'.repeat(100_000)));
    expect(one.heard).toEqual(['huge']);
    await end();
    await eventually(() => expect(sent).toEqual([expect.stringContaining('end')]));
  });

  it.each([
    ['no JSON', 'rubbish'],
    ['of another shape', '{"type":1}'],
    ['with more than there should be', JSON.stringify({ ...push('more'), to: 'everybody' })],
    ['too large', JSON.stringify(push('large', 'x'.repeat(100_000)))],
  ])('are ignored when they are %s', async (_, text) => {
    await one.link.ask((client) => client.publish(...one.link.said('pushes', text)));
    await end();
    expect(other.heard).toEqual(['end']);
  });
});
