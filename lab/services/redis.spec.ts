import { execFileSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { Redis } from 'ioredis';
import { processStartedAt } from '../../src/common/persistence/embedded/process-identity.js';
import { eventually } from '../../test/eventually.js';
import { temporaryFolder } from '../../test/folder.js';
import { startOwner } from '../../test/run/service-owner.js';
import { redisAnswers } from './answers.js';
import type { LocalService } from './local-service.js';
import { startRedis } from './redis.js';

const asRoot = process.getuid?.() === 0;

describe('a Redis of our own', () => {
  let folder: string;
  let server: LocalService;

  beforeAll(async () => {
    folder = await temporaryFolder('redis');
  });

  beforeEach(async () => {
    server = await startRedis({ folder });
  });

  afterEach(() => server.stop());
  afterAll(() => rm(folder, { recursive: true }));

  async function ask<T>(url: string, use: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis(url, { retryStrategy: () => null, maxRetriesPerRequest: 0 });
    redis.on('error', () => undefined);
    try {
      return await use(redis);
    } finally {
      redis.disconnect();
    }
  }

  it('keeps and gives values', async () => {
    expect(await ask(server.url, (redis) => redis.set('greeting', 'hello'))).toBe('OK');
    expect(await ask(server.url, (redis) => redis.get('greeting'))).toBe('hello');
  });

  it('lets in nobody without its password, which no process list shows', async () => {
    const open = new URL(server.url);
    const { password } = open;
    open.password = '';
    await expect(ask(open.href, (redis) => redis.get('greeting'))).rejects.toThrow(/NOAUTH/);
    expect(password).toHaveLength(32);
    expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })).not.toContain(password);
  });

  it('is the process that its pid says, and not root', () => {
    const status = execFileSync('ps', ['-o', 'comm=,user=', '-p', String(server.pid)], { encoding: 'utf8' });
    expect(status).toMatch(/^redis-server|^valkey-server/);
    if (asRoot) expect(status).toMatch(/nobody/);
  });

  it('comes back empty at the same address after kill -9', async () => {
    const { url, pid } = server;
    await ask(url, (redis) => redis.set('lost', 'value'));

    await server.kill();
    expect(processStartedAt(pid)).toBeUndefined();
    await expect(redisAnswers(url)).rejects.toThrow(/ECONNREFUSED/);
    await server.start();

    expect(server.url).toBe(url);
    expect(server.pid).not.toBe(pid);
    expect(await ask(url, (redis) => redis.get('lost'))).toBeNull();
  });

  it('can be started again when it was killed from outside', async () => {
    const { url, pid } = server;
    process.kill(pid, 'SIGKILL');
    await eventually(async () => {
      await server.start();
      expect(server.pid).not.toBe(pid);
    });
    await redisAnswers(url);
  });

  it('is started once, however often it is asked to', async () => {
    const { pid } = server;
    await server.start();
    expect(server.pid).toBe(pid);
  });

  it('does not start when it is stopped before it could', async () => {
    await server.kill();
    const started = server.start().then(
      () => 'started',
      (error: unknown) => String(error),
    );
    await server.stop();
    expect(await started).toBe('Error: Redis was stopped before it had started');
    await expect(redisAnswers(server.url)).rejects.toThrow(/ECONNREFUSED/);
  });

  it('ends by force when it is hung', async () => {
    process.kill(server.pid, 'SIGSTOP');
    await server.stop();
    expect(processStartedAt(server.pid)).toBeUndefined();
  });

  it('takes the port that it is given, and says when it is taken', async () => {
    const port = Number(new URL(server.url).port);
    await expect(startRedis({ folder, port })).rejects.toThrow(`Redis cannot have port ${port} of 127.0.0.1`);
    await server.stop();
    server = await startRedis({ folder, port });
    expect(new URL(server.url).port).toBe(String(port));
  });

  it('ends when its owner is killed with -9', async () => {
    const owner = await startOwner('redis', folder);
    expect(processStartedAt(owner.service.pid)).toBeDefined();
    owner.kill('SIGKILL');
    await eventually(() => expect(processStartedAt(owner.service.pid)).toBeUndefined());
  });

  it('ends with an owner that simply comes to its end', async () => {
    const owner = await startOwner('redis', folder);
    owner.kill('SIGUSR2'); // The owner then has nothing to do any more.
    await eventually(() => expect(processStartedAt(owner.service.pid)).toBeUndefined());
  });
});
