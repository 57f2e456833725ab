import { Logger } from '@nestjs/common';
import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { runAs } from './telemetry/work-context.js';

export interface PollerOptions {
  name: string;
  /** The module as which the task runs. */
  module: string;
  /** Milliseconds between two looks when there was nothing to do. */
  intervalMs: number;
  /** Does what is due and gives how much it was: after more than nothing it runs again at once. */
  task: () => Promise<number>;
}

/** A task that runs over and over until it is stopped: relays, sweepers, senders. A failure waits and goes on. */
export class Poller {
  private readonly log = new Logger('Poller');
  private loop: Promise<void> | null = null;
  private stopping = false;
  private wake: (() => void) | null = null;
  private kicked = false;
  private failures = 0;

  constructor(private readonly options: PollerOptions) {}

  start(): void {
    this.loop ??= context.with(ROOT_CONTEXT, () => this.run());
  }

  /** There may be something to do now. A hint, never needed for correctness. */
  kick(): void {
    this.kicked = true;
    this.wake?.();
  }

  /** Resolves when a run that was under way is over. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.wake?.();
    await this.loop;
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      this.kicked = false;
      const done = await this.once();
      if (done === 0) await this.pause();
    }
  }

  private async once(): Promise<number> {
    try {
      const done = await runAs(this.options.module, () => this.options.task());
      if (this.failures > 0) this.log.log(`${this.options.name} works again`);
      this.failures = 0;
      return done;
    } catch (error) {
      if (this.stopping) return 0;
      this.failures += 1;
      if (this.failures === 1)
        this.log.warn({ err: error }, `${this.options.name} failed; it goes on trying`);
      return 0;
    }
  }

  private async pause(): Promise<void> {
    if (this.stopping || (this.kicked && this.failures === 0)) return;
    const wait = this.options.intervalMs * 2 ** Math.min(this.failures, 3);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, wait);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = null;
  }
}
