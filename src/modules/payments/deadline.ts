/** What is left of the time in which a call promises its answer. */
export class Deadline {
  private readonly end: number;

  constructor(ms: number) {
    this.end = performance.now() + ms;
  }

  /** Milliseconds, less those kept in reserve for what comes after; never less than 1. */
  left(reserve = 0): number {
    return Math.max(1, this.end - performance.now() - reserve);
  }
}

/** Calls between modules wait 3 s; the answer needs some of it for its way. */
export const ANSWER_WITHIN_MS = 2900;
