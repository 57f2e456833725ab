import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../src/common/persistence/embedded/embedded-postgres.js';
import { processStartedAt } from '../src/common/persistence/embedded/process-identity.js';
import { MODULE_NAMES } from '../src/modules.js';
import { Api, DEMO_PASSWORD } from '../test/api.js';
import { anOrder } from '../test/builders/order.builder.js';
import { deliver } from '../test/chaos/shop.js';
import { eventually } from '../test/eventually.js';
import { LiveClient } from '../test/fakes/live-client.js';
import { temporaryFolder } from '../test/folder.js';
import { TestGateway } from '../test/gateway.js';
import { Cluster, type ClusterOptions } from './cluster.js';

const isGone = (pid: number) => processStartedAt(pid) === undefined;

describe('a cluster', () => {
  let folder: string;
  let postgres: EmbeddedPostgres;
  let gateway: TestGateway;
  let env: Record<string, string>;
  let cluster: Cluster;
  let api: Api;
  const news: string[] = [];

  beforeAll(async () => {
    folder = await temporaryFolder('cluster');
    postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
    gateway = await TestGateway.start(join(folder, 'ledger.jsonl'));
    env = {
      NODE_ENV: 'test',
      LOG_LEVEL: 'error',
      PASSWORD_HASH_MEMORY_KIB: '64',
      DATA_DIR: folder,
      DATABASE_URL: postgres.url,
      GATEWAY_URL: gateway.url,
    };
    cluster = await start({ onState: ({ name }, state, why) => news.push(`${name} ${state} ${why}`.trim()) });
    api = new Api(cluster.url);
    // Enough for all who order here, however fast the machine is.
    await deliver(cluster.url, ['MUG-001'], 100_000);
  });
  afterAll(async () => {
    await cluster?.stop();
    await gateway?.down();
    await postgres?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  function start(options: Partial<ClusterOptions> = {}): Promise<Cluster> {
    return Cluster.start({ layout: [{ modules: MODULE_NAMES, replicas: 2 }], env, ...options });
  }

  async function place(): Promise<number> {
    const token = await api.token('alice');
    return (await api.post('/orders', anOrder().build(), { token })).status;
  }

  /** Has customers order and look all the time; answers how often each status came, once it is told to stop. */
  function keepBusy(lanes: number): () => Promise<Record<string, number>> {
    let stopped = false;
    const statuses: Record<string, number> = {};
    const lane = async (asks: () => Promise<number>) => {
      while (!stopped) {
        const status = await asks().catch((error: unknown) => String(error));
        statuses[status] = (statuses[status] ?? 0) + 1;
      }
    };
    const look = async () => (await api.get('/products?limit=1')).status;
    const running = Array.from({ length: lanes }, (_, index) => lane(index % 2 === 0 ? place : look));
    return async () => {
      stopped = true;
      await Promise.all(running);
      return statuses;
    };
  }

  it('is one Waybill behind one address', async () => {
    expect(cluster.members.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'all-1 ready',
      'all-2 ready',
    ]);
    expect(new Set(cluster.members.map(({ pid }) => pid)).size).toBe(2);
    expect(cluster.status()).toMatchObject([{ serving: true, restarts: 0 }, { serving: true }]);
    expect([await place(), await place()]).toEqual([201, 201]);
  });

  it('hands on live connections', async () => {
    const client = new LiveClient(cluster.url);
    await client.say({ type: 'auth', token: await api.token('alice') });
    await eventually(() => expect(client.heard).toEqual([{ type: 'ready' }]));
    client.close();
    expect(await client.closed).toBe(1005);
  });

  it.each([
    ['announced', 8_000_000],
    ['in pieces', 3_000_000],
  ])('hands on the refusal of a body that is too long, %s', async (how, length) => {
    const body = Buffer.alloc(length, 'x');
    const stream = new ReadableStream({
      start: (controller) => {
        for (let from = 0; from < length; from += 50_000)
          controller.enqueue(body.subarray(from, from + 50_000));
        controller.close();
      },
    });
    const answer = await fetch(`${cluster.url}/api/v1/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await api.token('alice')}` },
      ...(how === 'announced' ? { body } : { body: stream, duplex: 'half' }),
    });
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ code: expect.stringMatching(/^REQUEST\./) });
  });

  it('goes on without a process that is killed, and starts it again', async () => {
    const stop = keepBusy(4);
    const before = cluster.members.map(({ pid }) => pid ?? 0);
    const killed = await cluster.kill('orders');
    expect(killed.name).toBe('all-1');
    expect(isGone(before[0] ?? 0)).toBe(true);
    await eventually(() => expect(killed).toMatchObject({ state: 'ready', restarts: 1 }), 30_000);
    const statuses = await stop();
    // What the killed process had in hand is lost to its callers, and nothing else is.
    expect(Object.keys(statuses).filter((status) => !['200', '201', '502'].includes(status))).toEqual([]);
    expect(statuses['502'] ?? 0).toBeLessThanOrEqual(4);
    expect(killed.pid).not.toBe(before[0]);
    expect(cluster.members[1]?.pid).toBe(before[1]);
    expect(news).toContain('all-1 down SIGKILL');
  });

  it('grows and shrinks without a failed request', async () => {
    const stop = keepBusy(4);
    await cluster.scale('orders', 3);
    expect(cluster.status().map(({ name, serving }) => [name, serving])).toEqual([
      ['all-1', true],
      ['all-2', true],
      ['all-3', true],
    ]);
    const pids = cluster.members.map(({ pid }) => pid ?? 0);
    await cluster.scale('orders', 2);
    expect(pids.map(isGone)).toEqual([false, false, true]);
    expect(Object.keys(await stop()).sort()).toEqual(['200', '201']);
    await expect(cluster.scale('orders', 1.5)).rejects.toThrow('whole number');
  });

  it('restarts one process after the other without a failed request', async () => {
    const pids = cluster.members.map(({ pid }) => pid ?? 0);
    const stop = keepBusy(6);
    news.length = 0;
    await cluster.rollingRestart();
    const statuses = await stop();
    expect(Object.keys(statuses).sort()).toEqual(['200', '201']);
    expect(news).toEqual(
      ['all-1', 'all-2'].flatMap((name) =>
        ['stopping', 'stopped', 'starting', 'ready'].map((state) => `${name} ${state}`),
      ),
    );
    expect(pids.every(isGone)).toBe(true);
  });

  it('gives no request to a process that hangs', async () => {
    const hung = await cluster.kill('orders', 'SIGSTOP');
    await eventually(() => expect(cluster.status().filter(({ serving }) => serving)).toHaveLength(1));
    const answers = await Promise.all(Array.from({ length: 4 }, () => api.get('/products?limit=1')));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    hung.kill('SIGCONT');
    await eventually(() => expect(cluster.status().filter(({ serving }) => serving)).toHaveLength(2));
  });

  it('sends nothing to a process that was told to end', async () => {
    // It hangs, so that what it is sent would be lost.
    const [first] = cluster.members;
    first?.kill('SIGSTOP');
    const restarted = cluster.rollingRestart('orders');
    await eventually(() => expect(first?.state).toBe('stopping'));
    const login = () => api.login('alice@waybill.test', DEMO_PASSWORD);
    await Promise.all([login(), login(), login(), login()]);
    first?.kill('SIGCONT');
    await restarted;
  });

  it('leaves no process behind, and takes no more commands', async () => {
    const pids = cluster.members.map(({ pid }) => pid ?? 0);
    await Promise.all([cluster.stop(), cluster.stop()]);
    expect(pids.every(isGone)).toBe(true);
    expect(cluster.members.map(({ state }) => state)).toEqual(['stopped', 'stopped']);
    await expect(fetch(`${cluster.url}/api/v1/products`)).rejects.toThrow('fetch failed');
    await expect(cluster.scale('orders', 3)).rejects.toThrow('has been stopped');
  });

  it('says what a process that does not start had to say, and leaves nothing of the others', async () => {
    const wrong = { ...env, GATEWAY_TIMEOUT_MS: 'soon' };
    const seen: (number | undefined)[] = [];
    const started = start({ env: wrong, onState: ({ pid }) => seen.push(pid) });
    await expect(started).rejects.toThrow(
      /all-[12] ended at its start:\n.*not valid:\n {2}GATEWAY_TIMEOUT_MS/,
    );
    expect(seen.filter((pid) => pid !== undefined && !isGone(pid))).toEqual([]);
  });

  it('can be told to stop while it starts', async () => {
    const given = new AbortController();
    const seen: (number | undefined)[] = [];
    const onState: ClusterOptions['onState'] = ({ pid }, state) => {
      seen.push(pid);
      if (state === 'starting') given.abort();
    };
    await expect(start({ signal: given.signal, onState })).rejects.toThrow('was stopped while it started');
    expect(seen.filter((pid) => pid !== undefined && !isGone(pid))).toEqual([]);
    expect(seen.some((pid) => pid !== undefined)).toBe(true);
  });

  it('does not outlive the process that started it, however that ends', async () => {
    const root = join(__dirname, '..');
    const owner = spawn(process.execPath, ['scripts/run-ts.js', 'test/run/cluster-owner.ts'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env['PATH'], CLUSTER_ENV: JSON.stringify(env) },
    });
    const [line] = (await once(createInterface({ input: owner.stdout }), 'line')) as [string];
    const pids = JSON.parse(line) as number[];
    expect(pids.map(isGone)).toEqual([false]);
    owner.kill('SIGKILL');
    await eventually(() => expect(pids.map(isGone)).toEqual([true]), 5000);
  });
});
