import { setTimeout as sleep } from 'node:timers/promises';

/** Orchestrators kill after ten seconds; this leaves time to say so. */
const LIMIT_MS = 9500;

export interface ExitOptions {
  /** Told of a step that failed or did not end in time. */
  complain: (message: string, error?: unknown) => void;
  /** Ends the process. */
  end?: (code: number) => void;
  limitMs?: number;
}

/** The orderly end of a process: what was opened last is closed first, within a time that is bounded. */
export class Exit {
  private readonly steps: (() => Promise<void>)[] = [];
  private booting: Promise<unknown> = Promise.resolve();
  private begun = false;

  constructor(private readonly options: ExitOptions) {}

  get hasBegun(): boolean {
    return this.begun;
  }

  /** Closing waits for this to settle: what is half open cannot be closed. */
  after(booting: Promise<unknown>): void {
    this.booting = booting;
  }

  before(step: () => Promise<void>): void {
    this.steps.unshift(step);
  }

  /** Closes everything and ends the process. The first call counts: a second signal does not disturb it. */
  async now(code: number): Promise<void> {
    if (this.begun) return;
    this.begun = true;
    const { end = (status) => process.exit(status), limitMs = LIMIT_MS, complain } = this.options;
    const expired = new AbortController();
    const limit = sleep(limitMs, 'late' as const, { signal: expired.signal });
    const outcome = await Promise.race([this.close(), limit]);
    if (outcome === 'late')
      complain(`Not everything was closed within ${limitMs / 1000} s; what was left is cut off`);
    expired.abort();
    limit.catch(() => undefined);
    end(outcome === 'closed' ? code : 1);
  }

  private async close(): Promise<'closed' | 'failed'> {
    let outcome: 'closed' | 'failed' = 'closed';
    await this.booting.catch(() => undefined);
    for (const step of this.steps) {
      try {
        await step();
      } catch (error) {
        outcome = 'failed';
        this.options.complain('Something could not be closed', error);
      }
    }
    return outcome;
  }
}
