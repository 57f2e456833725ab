import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');

/** What the owner says of its service. */
export interface Owned {
  url: string;
  pid: number;
  folder: string;
}

/** Another process of ours that has started a service and does nothing else, to be killed. */
export async function startOwner(
  kind: 'rabbitmq' | 'redis' | 'desk',
  folder = '',
): Promise<ChildProcess & { service: Owned }> {
  const program = join(ROOT, 'test/run/owner-process.ts');
  const owner = fork(join(ROOT, 'scripts/run-ts.js'), [program, kind, folder], { execArgv: [] });
  const [message] = (await Promise.race([
    once(owner, 'message'),
    once(owner, 'exit').then(([code]) => [{ error: `the owner ended with code ${String(code)}` }]),
  ])) as [Owned | { error: string }];
  if ('error' in message) throw new Error(message.error);
  return Object.assign(owner, { service: message });
}

/** Command lines and working settings of live processes that name a folder: what a service there has left behind. */
export function processesNaming(folder: string): string[] {
  return execFileSync('ps', ['-eww', '-o', 'pid=,stat=,args=', 'e'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(folder) && !/^\s*\d+ Z/.test(line))
    .map((line) => line.trim().slice(0, 200));
}
