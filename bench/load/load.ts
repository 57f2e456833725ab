import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ROOT } from '../../lab/member.js';
import type { LoadOrder, LoadResult } from './generator.js';

type Said = { ready: true } | { result: LoadResult } | { error: string };

/** A load generator that waits for orders. */
export class Load {
  private constructor(private readonly child: ChildProcess) {}

  static async start(): Promise<Load> {
    const child = spawn(
      process.execPath,
      [join(ROOT, 'scripts/run-ts.js'), join(ROOT, 'bench/load/process.ts')],
      { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
    );
    await once(child, 'message');
    return new Load(child);
  }

  async run(order: LoadOrder): Promise<LoadResult> {
    this.child.send(order);
    const [said] = (await once(this.child, 'message')) as [Said];
    if ('result' in said) return said.result;
    throw new Error(`The load generator failed: ${'error' in said ? said.error : 'it started again'}`);
  }

  stop(): void {
    this.child.disconnect();
  }
}
