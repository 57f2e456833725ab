import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunAs } from '../../src/common/persistence/embedded/run-as.js';
import { Keeper } from '../keeper.js';
import { UnsuitableServer } from './answers.js';
import type { LocalService } from './local-service.js';

export interface Program {
  file: string;
  args: readonly string[];
  /** All of it: nothing of our own environment may change how a server works. */
  env: Readonly<Record<string, string>>;
  /** What it reads from its standard input, where others do not see it as they see arguments. */
  input?: string;
}

export interface ServerPlan {
  name: string;
  url: string;
  server: Program;
  /** Runs before the server and ends after it. */
  helper?: Program;
  account: RunAs | undefined;
  /** Gets what the programs print. */
  outputFile: string;
  /** Read for the reason when the server does not come up. */
  logFiles: readonly string[];
  /** Rejects as long as the server does not answer. */
  answers: () => Promise<void>;
  /** For the server to answer after its start. */
  startMs: number;
}

/** An orderly end takes about a second. One that is stopped (SIGSTOP) or stuck never comes to it. */
const STOP_MS = 5_000;
const POLL_MS = 20;
const LOG_CHARACTERS = 1_500;

/** A server as a child of ours, in a process group of its own: Ctrl-C is not for it but for us. */
export class ServerProcess implements LocalService {
  private keeper: Keeper | undefined;
  private server: ChildProcess | undefined;
  private helper: ChildProcess | undefined;
  /** How often an end was asked for: a start that finds one has come in between gives up. */
  private ends = 0;

  private constructor(private readonly plan: ServerPlan) {}

  static async start(plan: ServerPlan): Promise<ServerProcess> {
    const started = new ServerProcess(plan);
    await started.start();
    return started;
  }

  get url(): string {
    return this.plan.url;
  }

  get pid(): number {
    return this.server?.pid ?? 0;
  }

  async start(): Promise<void> {
    if (isRunning(this.server)) return;
    const ends = this.ends;
    const unlessEnded = () => {
      if (this.ends !== ends) throw new Error(`${this.plan.name} was stopped before it had started`);
    };
    await this.clear('SIGKILL'); // A helper whose server died is of no use to the next one.
    unlessEnded();
    this.keeper = new Keeper();
    if (this.plan.helper) this.helper = this.spawn(this.plan.helper, this.keeper);
    this.server = this.spawn(this.plan.server, this.keeper);
    try {
      await this.untilItAnswers(this.server);
      // It may answer once more before the signal reaches it.
      unlessEnded();
    } catch (error) {
      await this.clear('SIGKILL');
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.end('SIGTERM');
  }

  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  private async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.ends += 1;
    await this.clear(signal);
  }

  private async clear(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await endChild(this.server, signal);
    await endChild(this.helper, signal);
    await this.keeper?.close();
  }

  private spawn({ file, args, env, input }: Program, keeper: Keeper): ChildProcess {
    const output = openSync(this.plan.outputFile, 'a', 0o600);
    const child = spawn(file, args, {
      ...this.plan.account,
      env,
      cwd: '/',
      detached: true,
      stdio: [input === undefined ? 'ignore' : 'pipe', output, output],
    });
    closeSync(output);
    child.on('error', () => undefined); // Seen in that it has no pid.
    child.stdin?.on('error', () => undefined); // It ended before it read, and its log says why.
    child.stdin?.end(input);
    child.unref();
    const { pid } = child;
    if (pid === undefined) return child;
    keeper.keep(-pid);
    // Its number may soon be another's.
    child.once('exit', () => keeper.forget(-pid));
    return child;
  }

  private async untilItAnswers(server: ChildProcess): Promise<void> {
    const { name, server: program, answers, startMs } = this.plan;
    const deadline = Date.now() + startMs;
    for (;;) {
      if (server.pid === undefined) throw new Error(`${name} cannot be run: ${program.file}`);
      if (!isRunning(server)) {
        const how = server.signalCode ?? `code ${server.exitCode}`;
        throw new Error(`${name} did not start (it ended with ${how}): ${this.complaint()}`);
      }
      try {
        return await answers();
      } catch (error) {
        if (error instanceof UnsuitableServer) throw error;
        if (Date.now() >= deadline) {
          throw new Error(`${name} does not answer after ${startMs / 1000} s: ${this.complaint()}`, {
            cause: error,
          });
        }
      }
      await delay(POLL_MS);
    }
  }

  private complaint(): string {
    const logs = this.plan.logFiles.map((file) => ({ file, text: readText(file).trim() }));
    const { file, text } = logs.find((log) => log.text !== '') ?? { file: this.plan.outputFile, text: '' };
    return `${text.slice(-LOG_CHARACTERS) || 'it wrote nothing'} (log: ${file})`;
  }
}

async function endChild(child: ChildProcess | undefined, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (!child || !isRunning(child)) return;
  child.ref(); // Or our process could end first, with nothing else to do.
  const gone = once(child, 'exit');
  child.kill(signal);
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await gone;
  clearTimeout(force);
}

function isRunning(child: ChildProcess | undefined): boolean {
  return child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
