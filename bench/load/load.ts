import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ROOT } from '../../lab/member.js';
import type { LoadOrder, LoadResult } from './generator.js';

type Said = { ready: true } | { result: LoadResult } | { error: string };

/** A load generator that waits for orders. */
export class Load {
  private readonly exited: Promise<{ error: string }>;

  private constructor(private readonly child: ChildProcess) {
    this.exited = once(child, 'exit').then(() => ({ error: 'it has ended' }));
  }

  static async start(): Promise<Load> {
    const child = spawn(
      process.execPath,
      [join(ROOT, 'scripts/run-ts.js'), join(ROOT, 'bench/load/process.ts')],
      // In a group of its own: Ctrl-C ends it through us. When we are gone, it ends by itself.
      { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], detached: true },
    );
    await once(child, 'message');
    return new Load(child);
  }

  async run(order: LoadOrder): Promise<LoadResult> {
    this.child.send(order);
    const said = await Promise.race([this.message(), this.exited]);
    if ('result' in said) return said.result;
    throw new Error(`The load generator failed: ${'error' in said ? said.error : 'it started again'}`);
  }

  /** At once, whatever it is doing. */
  async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  private async message(): Promise<Said> {
    const [said] = (await once(this.child, 'message')) as [Said];
    return said;
  }
}
