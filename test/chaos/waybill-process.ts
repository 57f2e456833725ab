import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { eventually } from '../harness.js';

const ROOT = join(__dirname, '../..');
const ENTRY = join(ROOT, 'dist/main.js');
const START_MS = 30_000;

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface WaybillOptions {
  /** The port, so that it can be the same after a restart. */
  port: number;
  dataDir: string;
  /** Settings on top of those for tests. */
  env?: Record<string, string>;
  /** Options of Node itself, such as `--inspect=127.0.0.1:0`. */
  nodeArgs?: string[];
}

/** Cheap passwords, long tokens, and short leases: what a crash leaves behind is taken up after 2 s. */
export const TEST_ENV = {
  NODE_ENV: 'test',
  HOST: '127.0.0.1',
  LOG_LEVEL: 'error',
  PASSWORD_HASH_MEMORY_KIB: '64',
  ACCESS_TOKEN_SECONDS: '3600',
  SAGA_LEASE_SECONDS: '2',
  OUTBOX_LEASE_SECONDS: '2',
};

/** The real thing: `node dist/main.js` as a process that can be killed. */
export class WaybillProcess {
  /** How the process ended; pending while it runs. */
  readonly exited: Promise<Exit>;
  private said = '';

  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
  ) {
    this.exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }) as Exit);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.said = (this.said + chunk.toString()).slice(-100_000)));
    }
  }

  /** Starts it without waiting until it is ready. */
  static launch({ port, dataDir, env = {}, nodeArgs = [] }: WaybillOptions): WaybillProcess {
    if (!existsSync(ENTRY)) throw new Error('There is no dist/main.js: run `npm run build` first');
    const child = spawn(process.execPath, [...nodeArgs, ENTRY], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], ...TEST_ENV, PORT: String(port), DATA_DIR: dataDir, ...env },
    });
    return new WaybillProcess(`http://127.0.0.1:${port}`, child);
  }

  /** Starts it, and resolves when it is ready for work. */
  static async start(options: WaybillOptions): Promise<WaybillProcess> {
    const started = WaybillProcess.launch(options);
    try {
      await started.ready();
    } catch (error) {
      // Nobody else would know of it.
      await started.sigterm();
      throw error;
    }
    return started;
  }

  /** The last of what the process printed. */
  get output(): string {
    return this.said;
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Rejects when the process ends before, with what it had to say. */
  async ready(): Promise<void> {
    await eventually(async () => {
      if (!this.running) return;
      const { status } = await fetch(`${this.url}/ready`);
      if (status !== 200) throw new Error(`/ready answers ${status}`);
    }, START_MS);
    if (!this.running) throw new Error(`Waybill ended at its start:\n${this.said}`);
  }

  /** As the kernel does it when memory is short: no chance to clean up. */
  kill9(): Promise<Exit> {
    this.child.kill('SIGKILL');
    return this.exited;
  }

  /** As an orchestrator ends it. */
  sigterm(): Promise<Exit> {
    this.child.kill('SIGTERM');
    return this.exited;
  }
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('The server has no port');
  return address.port;
}
