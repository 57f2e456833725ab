/** How long the limit looks on before it moves. Milliseconds. */
const WINDOW_MS = 1000;
/** The limit never falls below this share of its ceiling: a system that is slow for another reason still works. */
const FLOOR = 0.1;
/** One window at most halves it, so that one bad moment does not. */
const STEEPEST = 0.5;
/** Slower up than down. */
const GROWTH = 1.1;
/** Seconds. Longer than this nobody waits. */
const LONGEST_WAIT = 10;

export interface LimitOptions {
  /** So many at once, never more. */
  ceiling: number;
  /** Milliseconds that they should take on average, at most. */
  targetMs: number;
  /** Milliseconds of a clock that never goes back. */
  now?: () => number;
  /** From 0 to 1. */
  random?: () => number;
}

/**
 * How much work may be in flight. By Little's law that is throughput × latency: where throughput is all that there
 * is, a bound on the one bounds the other. When work takes longer on average than it should, the bound shrinks in
 * that proportion; then it grows back to its ceiling. There is no queue and no timer.
 */
export class InFlightLimit {
  private readonly ceiling: number;
  private readonly floor: number;
  private readonly targetMs: number;
  private readonly now: () => number;
  private readonly random: () => number;
  private bound: number;
  private running = 0;
  private windowStart: number;
  private done = 0;
  private tookMs = 0;
  private entered = 0;
  private refused = 0;
  /** Of the last window: how many were refused for each that was let in. */
  private pressure = 0;

  constructor({ ceiling, targetMs, now = () => performance.now(), random = Math.random }: LimitOptions) {
    this.ceiling = ceiling;
    this.floor = Math.max(1, Math.floor(ceiling * FLOOR));
    this.targetMs = targetMs;
    this.now = now;
    this.random = random;
    this.bound = ceiling;
    this.windowStart = now();
  }

  get limit(): number {
    return Math.floor(this.bound);
  }

  get inFlight(): number {
    return this.running;
  }

  /** Whether one more is too many; then it counts as refused. */
  refuses(): boolean {
    this.turnWindow(this.now());
    if (this.running < this.limit) return false;
    this.refused += 1;
    return true;
  }

  /**
   * Counts one from here on, and answers how to tell its end, which counts once. Null when the ceiling is reached, and
   * it counts as refused: between the question and this, any number may have been let in. That the limit has shrunk
   * meanwhile is not held against it.
   */
  enter(): ((succeeded: boolean) => void) | null {
    if (this.running >= this.ceiling) {
      this.refused += 1;
      return null;
    }
    const started = this.now();
    this.running += 1;
    this.entered += 1;
    let over = false;
    return (succeeded) => {
      if (over) return;
      over = true;
      this.running -= 1;
      // A refusal comes fast and a failure after some time limit: neither says how long work takes.
      if (!succeeded) return;
      this.done += 1;
      this.tookMs += this.now() - started;
    };
  }

  /**
   * Whole seconds after which one that was refused may try again: the longer, the more are refused, and never the
   * same for all, who would come back together.
   */
  retryAfter(): number {
    return 1 + Math.floor(this.random() * Math.min(LONGEST_WAIT, 1 + this.pressure));
  }

  private turnWindow(now: number): void {
    if (now - this.windowStart < WINDOW_MS) return;
    if (this.done > 0) {
      const pace = this.targetMs / (this.tookMs / this.done);
      if (pace < 1) this.bound = Math.max(this.floor, this.bound * Math.max(STEEPEST, pace));
      else this.bound = Math.min(this.ceiling, this.bound * GROWTH + 1);
    }
    this.pressure = this.refused / Math.max(1, this.entered);
    this.windowStart = now;
    this.done = this.tookMs = this.entered = this.refused = 0;
  }
}
