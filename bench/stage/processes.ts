import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from '../../lab/child.js';
import { Cluster } from '../../lab/cluster.js';
import { freePort } from '../../lab/free-port.js';
import type { Keeper } from '../../lab/keeper.js';
import { ROOT } from '../../lab/member.js';
import { askReady } from '../../lab/proxy/ready.js';
import { MODULE_NAMES } from '../../src/modules.js';

const ENTRY = join(ROOT, 'dist/main.js');
const START_MS = 30_000;
const END_MS = 12_000;
const POLL_MS = 10;

/** A Waybill, in one process or in several. */
export interface Processes {
  /** Where orders are placed. */
  url: string;
  /** Where buyers log in. */
  usersUrl: string;
  pids: readonly number[];
  /** Until all were ready. */
  startSeconds: number;
  stop(): Promise<unknown>;
}

interface Start {
  env: Readonly<Record<string, string>>;
  /** For its log, a file each: nobody here has to read what they print while they work. */
  folder: string;
  keeper: Keeper;
}

export async function startOne({ env, folder, keeper }: Start): Promise<Processes> {
  const port = await freePort();
  const began = performance.now();
  const child = Child.start({
    args: [ENTRY],
    env: { ...env, PORT: String(port) },
    cwd: ROOT,
    keeper,
    logFile: join(folder, 'waybill.log'),
  });
  while (child.running && (await askReady(port, 1000)) !== 'ready') {
    if (performance.now() - began > START_MS) child.kill();
    await sleep(POLL_MS);
  }
  const startSeconds = (performance.now() - began) / 1000;
  if (!child.running) throw new Error(`Waybill ended at its start:\n${child.output}`);
  const url = `http://127.0.0.1:${port}`;
  return { url, usersUrl: url, pids: [child.pid ?? 0], startSeconds, stop: () => child.end(END_MS) };
}

/**
 * A process for each module. Load goes to them directly: the lab's proxy, a process of ours that opens a connection for
 * each request, is no part of Waybill.
 */
export async function startSplit({ env, folder }: Start): Promise<Processes> {
  const began = performance.now();
  const cluster = await Cluster.start({
    layout: MODULE_NAMES.map((module) => ({ modules: [module] })),
    env,
    keepAlive: false,
    logFolder: folder,
  });
  const startSeconds = (performance.now() - began) / 1000;
  const urlOf = (module: 'orders' | 'users') => `http://127.0.0.1:${cluster.hosting(module)[0]?.port}`;
  return {
    url: urlOf('orders'),
    usersUrl: urlOf('users'),
    pids: cluster.members.flatMap(({ pid }) => pid ?? []),
    startSeconds,
    stop: () => cluster.stop(),
  };
}
