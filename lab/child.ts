import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Keeper } from './keeper.js';

/** Characters of output that are kept. */
const TAIL = 20_000;

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export type Stream = 'stdout' | 'stderr';

export interface ChildOptions {
  /** Arguments of Node: its own options, the program, the program's. */
  args: readonly string[];
  /** All that it sees beside PATH and HOME. */
  env: Readonly<Record<string, string>>;
  cwd: string;
  keeper: Keeper;
  onLine?: (line: string, stream: Stream) => void;
  /** Gets what it prints, in the place of `onLine`: nobody has to read while it works. */
  logFile?: string;
}

/** A Node process of ours, in a group of its own: Ctrl-C on the terminal reaches it only through us. */
export class Child {
  /** Settles when it has ended and all it printed has been read; never rejects. */
  readonly exited: Promise<Exit>;
  private tail = '';
  private readonly logFile: string | undefined;

  private constructor(
    private readonly child: ChildProcess,
    { keeper, onLine, logFile }: ChildOptions,
  ) {
    this.logFile = logFile;
    for (const stream of ['stdout', 'stderr'] as const) {
      const lines = child[stream] && createInterface({ input: child[stream] });
      lines?.on('line', (line) => {
        this.tail = `${this.tail}${line}\n`.slice(-TAIL);
        onLine?.(line, stream);
      });
    }
    if (child.pid !== undefined) keeper.keep(-child.pid);
    this.exited = new Promise((resolve) => {
      child.once('exit', () => child.pid !== undefined && keeper.forget(-child.pid));
      child.once('error', (error) => {
        this.tail += `${error.message}\n`;
        if (child.pid === undefined) resolve({ code: null, signal: null });
      });
      child.once('close', (code: number | null, signal: NodeJS.Signals | null) => resolve({ code, signal }));
    });
  }

  static start(options: ChildOptions): Child {
    const { PATH = '', HOME = '' } = process.env;
    const output = options.logFile === undefined ? 'pipe' : openSync(options.logFile, 'a', 0o600);
    const child = spawn(process.execPath, options.args, {
      cwd: options.cwd,
      env: { PATH, HOME, ...options.env },
      detached: true,
      stdio: ['ignore', output, output],
    });
    if (typeof output === 'number') closeSync(output);
    return new Child(child, options);
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  get running(): boolean {
    return this.pid !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** The last that it printed. */
  get output(): string {
    return this.logFile === undefined ? this.tail : readFileSync(this.logFile, 'utf8').slice(-TAIL);
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.child.kill(signal);
  }

  /** SIGTERM, and SIGKILL when it is still there after `patienceMs`. */
  async end(patienceMs: number): Promise<Exit> {
    this.kill('SIGTERM');
    const force = setTimeout(() => this.kill('SIGKILL'), patienceMs);
    try {
      return await this.exited;
    } finally {
      clearTimeout(force);
    }
  }
}
