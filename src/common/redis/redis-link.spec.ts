import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Logger } from '@nestjs/common';
import { eventually } from '../../../test/eventually.js';
import { isAway, isThere, TestRedis } from '../../../test/redis.js';
import { RedisLink } from './redis-link.js';

const TIMEOUT_MS = 100;

/** The network between a process and Redis. */
class WayTo {
  private readonly pairs = new Set<[Socket, Socket]>();

  private constructor(
    readonly url: string,
    private readonly server: Server,
  ) {}

  static async open(redis: TestRedis): Promise<WayTo> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = new URL(redis.url);
    const port = Number(url.port);
    url.port = String((server.address() as AddressInfo).port);
    const way = new WayTo(url.href, server);
    server.on('connection', (near) => {
      const far = connect(port, '127.0.0.1');
      way.pairs.add([near, far]);
      near.pipe(far).pipe(near);
      for (const socket of [near, far]) socket.on('error', () => undefined);
    });
    return way;
  }

  /** What is sent over the connections that are open now gets lost. New ones work. */
  swallowAll(): void {
    for (const [near, far] of this.pairs) {
      near.unpipe().resume();
      far.unpipe().resume();
    }
  }

  close(): void {
    this.server.close();
    for (const pair of this.pairs) for (const socket of pair) socket.destroy();
  }
}

describe('the link to Redis', () => {
  let redis: TestRedis;
  const said: string[] = [];
  const others: RedisLink[] = [];

  beforeAll(async () => {
    const note = (message: unknown) => void said.push(String(message));
    Logger.overrideLogger({ log: note, warn: note, error: note });
    redis = await TestRedis.start();
  });

  beforeEach(() => {
    said.length = 0;
  });

  afterEach(() => {
    redis.closeLinks();
    for (const link of others.splice(0)) link.onApplicationShutdown();
  });

  afterAll(async () => {
    await redis.stop();
    Logger.overrideLogger(['error', 'warn', 'log']);
  });

  function open(url: string): RedisLink {
    const link = new RedisLink({ url, commandTimeoutMs: TIMEOUT_MS });
    others.push(link);
    link.onModuleInit();
    return link;
  }

  const ping = (link: RedisLink) => link.ask((client) => client.ping());

  async function millisecondsOf(work: () => Promise<unknown>): Promise<number> {
    const start = performance.now();
    await work();
    return performance.now() - start;
  }

  it('gives what Redis answers', async () => {
    const link = await redis.link();
    await link.ask((client) => client.set('waybill:test', 'value'));
    expect(await link.ask((client) => client.get('waybill:test'))).toBe('value');
  });

  it('gives nothing, at once, where there is no Redis, and takes it up when it comes', async () => {
    await redis.kill();
    const link = open(redis.url);
    expect(await ping(link)).toBeUndefined();
    await eventually(() => expect(said).toHaveLength(1));
    expect(await millisecondsOf(() => ping(link))).toBeLessThan(TIMEOUT_MS);
    await redis.restart();
    await isThere(link);
  });

  it('waits once for a Redis that hangs, however much is asked of it, and comes back to it', async () => {
    const link = await redis.link(TIMEOUT_MS);
    redis.pause();
    const waited = await millisecondsOf(async () => {
      for (let i = 0; i < 50; i++) expect(await ping(link)).toBeUndefined();
    });
    expect(waited).toBeGreaterThan(TIMEOUT_MS / 2);
    expect(waited).toBeLessThan(TIMEOUT_MS * 3);
    redis.resume();
    await isThere(link);
  });

  it('works again with a Redis that was killed and restarted, subscriptions included', async () => {
    const [link, other] = [await redis.link(), await redis.link()];
    const heard: string[] = [];
    link.listen('news', { onMessage: (text) => heard.push(text) });
    await redis.kill();
    await isAway(link);
    await redis.restart();
    await Promise.all([isThere(link), isThere(other)]);
    await eventually(async () => {
      await other.ask((client) => client.publish(...other.said('news', 'back')));
      expect(heard).toContain('back');
    });
  });

  it('tells once that Redis is away and once that it is back', async () => {
    const link = await redis.link(TIMEOUT_MS);
    await redis.kill();
    await isAway(link);
    for (let i = 0; i < 10; i++) await ping(link);
    await redis.restart();
    await isThere(link);
    expect(said).toEqual([expect.stringMatching(/^Redis is away/), 'Redis is back']);
  });

  it('calls those who wait for it before anything else is asked', async () => {
    await redis.kill();
    const link = open(redis.url);
    const order: string[] = [];
    link.whenBack(() => order.push('told'));
    await redis.restart();
    await eventually(async () => expect(await ping(link)).toBe('PONG'));
    order.push('asked');
    expect(order).toEqual(['told', 'asked']);
  });

  it('does not count a refusal as an absence, and tells of it once', async () => {
    const link = await redis.link();
    await link.ask((client) => client.set('waybill:test', 'text'));
    for (let i = 0; i < 3; i++)
      expect(await link.ask((client) => client.lpush('waybill:test', 'x'))).toBeUndefined();
    expect(await ping(link)).toBe('PONG');
    expect(said).toEqual([expect.stringMatching(/^Redis refuses commands: WRONGTYPE/)]);
  });

  it('does not take a stall of its own for one of Redis', async () => {
    const link = await redis.link(TIMEOUT_MS);
    const answer = ping(link);
    const end = performance.now() + 3 * TIMEOUT_MS;
    while (performance.now() < end);
    expect(await answer).toBe('PONG');
  });

  it('goes on without a Redis that does not know the password, and never tells it', async () => {
    const link = open(redis.url.replace(redis.password, 'not-the-password'));
    await eventually(() => expect(said).toHaveLength(1));
    expect(await ping(link)).toBeUndefined();
    expect(said.join()).toMatch(/WRONGPASS|NOAUTH/);
    expect(said.join()).not.toContain('not-the-password');
  });

  it('hears others, and not itself', async () => {
    const [link, other] = [await redis.link(), await redis.link()];
    const heard: string[] = [];
    link.listen('news', { onMessage: (text) => heard.push(text) });
    await isThere(link);
    await link.ask((client) => client.publish(...link.said('news', 'mine')));
    await other.ask((client) => client.publish(...other.said('news', 'a\nb')));
    await eventually(() => expect(heard).toEqual(['a\nb']));
  });

  it('hears nothing of another database, though channels are one for all', async () => {
    const [first, second] = [await redis.link(1000, 1), await redis.link(1000, 2)];
    const heard: string[] = [];
    for (const link of [first, second]) {
      link.listen('news', { onMessage: (text) => heard.push(text) });
      await isThere(link);
    }
    const sender = await redis.link(1000, 2);
    await sender.ask((client) => client.publish(...sender.said('news', 'for two')));
    await eventually(() => expect(heard).toEqual(['for two']));
  });

  it('drops messages that are longer than any of ours', async () => {
    const [link, other] = [await redis.link(), await redis.link()];
    const heard: number[] = [];
    link.listen('news', { onMessage: (text) => heard.push(text.length) });
    await isThere(link);
    for (const length of [300_000, 1000])
      await other.ask((client) => client.publish(...other.said('news', 'x'.repeat(length))));
    await eventually(() => expect(heard).toEqual([1000]));
  });

  it('opens new connections when the old ones go dead without a word', async () => {
    const way = await WayTo.open(redis);
    try {
      const link = open(way.url);
      const other = await redis.link();
      const heard: string[] = [];
      link.listen('news', { onMessage: (text) => heard.push(text) });
      await isThere(link);
      way.swallowAll();
      await isAway(link);
      await eventually(async () => {
        expect(await ping(link)).toBe('PONG');
        await other.ask((client) => client.publish(...other.said('news', 'heard')));
        expect(heard).toContain('heard');
      }, 20_000);
    } finally {
      way.close();
    }
  });

  it('stays away once it is closed', async () => {
    const link = await redis.link();
    redis.closeLinks();
    expect(await ping(link)).toBeUndefined();
    await eventually(async () => {
      const clients = await redis.run((client) => client.client('LIST'));
      // The one who asks.
      expect(String(clients).trim().split('\n')).toHaveLength(1);
    });
  });
});
