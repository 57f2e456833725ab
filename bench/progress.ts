import type { WriteStream } from 'node:tty';

const CLEAR = '\r\x1b[2K';

/** A line for each step with the time since the start; on a terminal, each overwrites the one before it. */
export class Progress {
  private readonly began = performance.now();
  private pending = false;

  constructor(private readonly out: Pick<WriteStream, 'write' | 'isTTY'>) {}

  step(text: string): void {
    const seconds = ((performance.now() - this.began) / 1000).toFixed(0).padStart(5);
    if (!this.out.isTTY) return this.say(`${seconds} s  ${text}`);
    this.out.write(`${CLEAR}${seconds} s  ${text}`);
    this.pending = true;
  }

  /** A line that stays. */
  say(text: string): void {
    this.out.write(`${this.pending ? CLEAR : ''}${text}\n`);
    this.pending = false;
  }
}
