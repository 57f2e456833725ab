import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { Redis } from 'ioredis';
import { RedisLink } from '../src/common/redis/redis-link.js';
import { eventually } from './eventually.js';
import { temporaryFolder } from './folder.js';

/** A real Redis of a test's own, to be treated badly. It keeps nothing on disk. */
export class TestRedis {
  private server: ChildProcess | null = null;
  private readonly opened: RedisLink[] = [];

  private constructor(
    private readonly folder: string,
    private readonly port: number,
    readonly password: string,
  ) {}

  static async start(): Promise<TestRedis> {
    const redis = new TestRedis(await temporaryFolder('redis'), await freePort(), randomUUID());
    await redis.restart();
    return redis;
  }

  get url(): string {
    return `redis://:${this.password}@127.0.0.1:${this.port}`;
  }

  /** Starts it (again), on the same port, empty. */
  async restart(): Promise<void> {
    const options = {
      port: this.port,
      bind: '127.0.0.1',
      requirepass: this.password,
      dir: this.folder,
      save: '',
    };
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
    this.server = spawn('redis-server', args, { stdio: 'ignore' });
    await eventually(() => this.run((client) => client.ping()));
  }

  async kill(): Promise<void> {
    const { server } = this;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const gone = once(server, 'exit');
    server.kill('SIGKILL');
    await gone;
  }

  /** Connections stay, answers do not come. */
  pause(): void {
    this.server?.kill('SIGSTOP');
  }

  resume(): void {
    this.server?.kill('SIGCONT');
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
    this.opened.push(link);
    link.onModuleInit();
    await isThere(link);
    return link;
  }

  closeLinks(): void {
    for (const link of this.opened.splice(0)) link.onApplicationShutdown();
  }

  async stop(): Promise<void> {
    this.closeLinks();
    this.resume();
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
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

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
