import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ModuleName } from '../src/modules.js';
import { Child, type Exit, type Stream } from './child.js';
import { freePort } from './free-port.js';
import type { Keeper } from './keeper.js';
import { askReady } from './proxy/ready.js';
import type { Part } from './proxy/routes.js';
import type { Upstream, Upstreams } from './proxy/upstreams.js';

export const ROOT = join(__dirname, '..');
/** What runs a process of modules, and what runs the web page's. */
const ENTRY = join(ROOT, 'dist/main.js');
const FRONTEND_ENTRY = join(ROOT, 'dist/frontend/main.js');
const START_MS = 60_000;
/** A process gives itself less than ten seconds. */
const END_MS = 12_000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 10_000;

/** `down`: it has ended by itself and is started again after a pause. `stopped`: we have ended it. */
export type MemberState = 'starting' | 'ready' | 'stopping' | 'down' | 'stopped';

export interface MemberOptions {
  name: string;
  parts: readonly Part[];
  env: Readonly<Record<string, string>>;
  nodeArgs: readonly string[];
  /** The port to take when it is free. */
  preferredPort?: number;
  /** Whether to start it again when it dies. */
  keepAlive: boolean;
  keeper: Keeper;
  upstreams: Upstreams;
  onLine: (process: string, line: string, stream: Stream) => void;
  /** Gets what it prints, in the place of `onLine`. */
  logFile?: string;
  /** `why` tells of an end that nobody asked for. */
  onState: (member: Member, why: string) => void;
}

export interface MemberStatus {
  name: string;
  parts: readonly Part[];
  state: MemberState;
  /** Whether the proxy sends it requests. */
  serving: boolean;
  pid: number | undefined;
  port: number;
  restarts: number;
  /** Milliseconds since the epoch. */
  startedAt: number;
}

/** One process of a cluster, and its place behind the proxy: in while it is ready, out before it is told to end. */
export class Member implements Upstream {
  readonly name: string;
  readonly parts: readonly Part[];
  port = 0;
  state: MemberState = 'stopped';
  /** How often it was started again after it had died. */
  restarts = 0;
  private child: Child | null = null;
  private startedAt = 0;
  /** Aborted when it is to stay away. */
  private wanted = new AbortController();
  private revival: Promise<void> = Promise.resolve();

  constructor(private readonly options: MemberOptions) {
    this.name = options.name;
    this.parts = options.parts;
  }

  get modules(): readonly ModuleName[] {
    return this.parts.filter((part) => part !== 'frontend');
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** The last that the process printed, this one or the one before it. */
  get output(): string {
    return this.child?.output ?? '';
  }

  /** Settles when the process of now has ended. */
  get exited(): Promise<Exit> {
    return this.child?.exited ?? Promise.resolve({ code: null, signal: null });
  }

  status(): MemberStatus {
    const { name, parts, state, pid, port, restarts, startedAt } = this;
    return {
      name,
      parts,
      state,
      serving: this.options.upstreams.isHealthy(this),
      pid,
      port,
      restarts,
      startedAt,
    };
  }

  /** Resolves when it is ready. Rejects, and does not try again, when it ends before, with what it had to say. */
  async start(): Promise<void> {
    this.wanted = new AbortController();
    try {
      await this.launch();
    } catch (error) {
      this.wanted.abort();
      this.change('stopped');
      throw error;
    }
  }

  /** Orderly: first it gets no more requests, then it is told to end. It is not started again. */
  async stop(): Promise<void> {
    this.wanted.abort();
    if (this.child?.running) this.change('stopping');
    await this.options.upstreams.remove(this);
    await this.child?.end(END_MS);
    await this.revival;
    this.change('stopped');
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.child?.kill(signal);
  }

  private async launch(): Promise<void> {
    const { name, parts, nodeArgs, env, keeper, onLine, logFile } = this.options;
    this.port = await freePort(this.options.preferredPort);
    if (this.wanted.signal.aborted) throw new Error(`${name} was stopped while it started`);
    const own = { MODULES: parts.join(','), HOST: '127.0.0.1', PORT: String(this.port) };
    const child = Child.start({
      args: [...nodeArgs, parts.includes('frontend') ? FRONTEND_ENTRY : ENTRY],
      // What the proxy says of clients is to be believed.
      env: { TRUST_PROXY: 'loopback', ...env, ...own },
      cwd: ROOT,
      keeper,
      onLine: (line, stream) => onLine(name, line, stream),
      ...(logFile === undefined ? {} : { logFile }),
    });
    this.child = child;
    this.startedAt = Date.now();
    this.change('starting');
    await this.untilReady(child);
    if (this.wanted.signal.aborted) throw new Error(`${name} was stopped while it started`);
    this.options.upstreams.add(this);
    this.change('ready');
    void child.exited.then((exit) => this.afterEnd(exit));
  }

  private async untilReady(child: Child): Promise<void> {
    const deadline = Date.now() + START_MS;
    while (child.running && Date.now() < deadline) {
      if ((await askReady(this.port, 1000)) === 'ready') break;
      await sleep(50);
    }
    if (child.running && Date.now() < deadline) return;
    const late = child.running;
    child.kill('SIGKILL');
    await child.exited;
    const how = this.wanted.signal.aborted
      ? 'was stopped while it started'
      : late
        ? `was not ready within ${START_MS / 1000} s`
        : 'ended at its start';
    throw new Error(`${this.name} ${how}${child.output ? `:\n${child.output.trimEnd()}` : ''}`);
  }

  private afterEnd({ code, signal }: Exit): void {
    void this.options.upstreams.remove(this);
    if (this.wanted.signal.aborted) return;
    this.change('down', signal ?? `exit code ${code}`);
    if (this.options.keepAlive) this.revival = this.revive();
  }

  /** As an orchestrator does it: after a second, and after longer and longer ones when it does not come up. */
  private async revive(): Promise<void> {
    const { signal } = this.wanted;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      await sleep(pause, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      this.restarts += 1;
      try {
        return await this.launch();
      } catch (error) {
        if (signal.aborted) return;
        this.change('down', error instanceof Error ? error.message : String(error));
      }
    }
  }

  private change(state: MemberState, why = ''): void {
    if (this.state === state && why === '') return;
    this.state = state;
    this.options.onState(this, why);
  }
}
