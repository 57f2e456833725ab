import { setTimeout as sleep } from 'node:timers/promises';
import type { LocalService } from '../services/local-service.js';

const LOOK_MS = 500;
const PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 10_000;

/** Starts a server again when it dies, until it is told to stop. */
export class Watch {
  /** How often it has come back, by our doing or its own. */
  restarts = 0;
  private seen: number;
  private readonly ended = new AbortController();
  private readonly loop: Promise<void>;

  constructor(
    private readonly name: string,
    readonly service: LocalService,
    private readonly say: (line: string) => void,
  ) {
    this.seen = service.pid;
    this.loop = this.run();
  }

  get running(): boolean {
    return isRunning(this.service.pid);
  }

  /** Ends the server too. */
  async stop(): Promise<void> {
    this.ended.abort();
    await this.loop;
    await this.service.stop();
  }

  private async run(): Promise<void> {
    while (await this.wait(LOOK_MS)) {
      if (!this.running) await this.revive();
      if (this.service.pid !== this.seen && this.running) this.restarts += 1;
      this.seen = this.service.pid;
    }
  }

  private async revive(): Promise<void> {
    this.say(`${this.name} has ended; starting it again`);
    for (let pause = PAUSE_MS; await this.wait(pause); pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      try {
        await this.service.start();
        this.say(`${this.name} is back`);
        return;
      } catch (error) {
        this.say(error instanceof Error ? error.message : String(error));
      }
    }
  }

  /** Answers false when it is time to stop. */
  private async wait(ms: number): Promise<boolean> {
    const { signal } = this.ended;
    await sleep(ms, undefined, { signal }).catch(() => undefined);
    return !signal.aborted;
  }
}

function isRunning(pid: number): boolean {
  if (pid <= 0) return false; // To `kill`, that is a process group, and 0 our own.
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
