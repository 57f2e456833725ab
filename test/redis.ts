import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import type { LocalService } from '../lab/services/local-service.js';
import { RedisLink } from '../src/common/redis/redis-link.js';
import { eventually } from './eventually.js';
import { redisForTest } from './services.js';

/** A real Redis of a test's own, to be treated badly, and the links of processes to it. It keeps nothing on disk. */
export class TestRedis {
  private readonly links: RedisLink[] = [];

  private constructor(private readonly server: LocalService) {}

  static async start(): Promise<TestRedis> {
    return new TestRedis(await redisForTest());
  }

  get url(): string {
    return this.server.url;
  }

  get password(): string {
    return new URL(this.url).password;
  }

  kill(): Promise<void> {
    return this.server.kill();
  }

  /** On the same port, empty. */
  restart(): Promise<void> {
    return this.server.start();
  }

  /** Connections stay, answers do not come. */
  pause(): void {
    process.kill(this.server.pid, 'SIGSTOP');
  }

  resume(): void {
    process.kill(this.server.pid, 'SIGCONT');
  }

  /** As somebody else who has access to it. */
  async run<T>(work: (client: Redis) => Promise<T>): Promise<T> {
    const client = new Redis(this.url, {
      lazyConnect: true,
      retryStrategy: () => null,
      maxRetriesPerRequest: 0,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return await work(client);
    } finally {
      client.disconnect();
    }
  }

  /** The link of one more process, connected. */
  async link(commandTimeoutMs = 1000, database = 0): Promise<RedisLink> {
    const link = new RedisLink({ url: `${this.url}/${database}`, commandTimeoutMs });
    this.links.push(link);
    link.onModuleInit();
    await isThere(link);
    return link;
  }

  closeLinks(): void {
    for (const link of this.links.splice(0)) link.onApplicationShutdown();
  }

  async stop(): Promise<void> {
    this.closeLinks();
    await this.server.kill();
    await this.server.stop();
  }
}

/** Resolves when the link sends commands, and hears what is said. */
export async function isThere(link: RedisLink): Promise<void> {
  const name = `test ${randomUUID()}`;
  const joined = new Promise<void>((resolve) => {
    link.listen(name, { onMessage: () => undefined, onJoined: resolve });
  });
  await eventually(async () => expect(await link.ask((redis) => redis.ping())).toBe('PONG'));
  await joined;
}

/** Resolves when the link has noticed that Redis does not answer. */
export async function isAway(link: RedisLink): Promise<void> {
  await eventually(async () => expect(await link.ask((redis) => redis.ping())).toBeUndefined());
}
