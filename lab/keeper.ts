import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Told over its standard input which processes to keep an eye on. The input ends when we do, however we end, and what
 * is left on the list then is killed. An entry is `<signal>:<pid>`; a pid below zero is a process group.
 */
const SCRIPT = `
set --
while read -r verb entry; do
  case $verb in
    keep) set -- "$@" "$entry" ;;
    forget)
      left=
      for each; do [ "$each" = "$entry" ] || left="$left $each"; done
      set -- $left
      ;;
  esac
done
for each; do kill -s "\${each%%:*}" -- "\${each#*:}" 2>/dev/null; done
exit 0
`;

/** Sees to it that what we have started does not outlive us when we are killed with -9: a shell that waits for that. */
export class Keeper {
  private readonly shell: ChildProcess;

  constructor() {
    // In a session of its own: Ctrl-C must not take it away from those it watches over.
    this.shell = spawn('/bin/sh', ['-c', SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    this.shell.on('error', () => undefined);
    this.shell.stdin?.on('error', () => undefined);
    this.shell.unref();
  }

  /** `signal` is sent to the process, or with a negative pid to the group, when we are gone. */
  keep(pid: number, signal: 'KILL' | 'INT' = 'KILL'): void {
    this.shell.stdin?.write(`keep ${signal}:${pid}\n`);
  }

  forget(pid: number, signal: 'KILL' | 'INT' = 'KILL'): void {
    this.shell.stdin?.write(`forget ${signal}:${pid}\n`);
  }

  /** Kills what it still keeps, and ends. */
  async close(): Promise<void> {
    if (this.shell.pid === undefined || this.shell.exitCode !== null || this.shell.signalCode !== null)
      return;
    this.shell.ref();
    const gone = once(this.shell, 'exit');
    this.shell.stdin?.end();
    await gone;
  }
}
