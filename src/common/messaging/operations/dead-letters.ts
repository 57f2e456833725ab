/** Injection token of every place where dead letters are kept. */
export const DEAD_LETTERS = Symbol('places of dead letters');

/** An event that a module could not take in, and that waits for a person. */
export interface DeadLetter {
  /** Null for a message that is no event at all. */
  eventId: string | null;
  name: string | null;
  /** Why it failed, the last time. */
  reason: string;
  /** How often it was tried. */
  attempts: number;
  /** RFC 3339 UTC; null when that is not known. */
  diedAt: string | null;
  keptIn: 'inbox' | 'queue';
}

export interface DeadLetterList {
  letters: DeadLetter[];
  /** How many there are, shown or not. */
  total: number;
}

export interface Retried {
  retried: number;
  /** How many are still dead: not asked for, or no events. */
  left: number;
}

/** A place where events are kept that a module could not take in. */
export abstract class DeadLetters {
  /** The oldest of them, at most `limit`. */
  abstract list(module: string, limit: number): Promise<DeadLetterList>;

  /** How many there are. Cheap: it is asked every few seconds. */
  abstract count(module: string): Promise<number>;

  /** Brings events back to the module, as if never tried. Null for all of them. */
  abstract retry(module: string, ids: ReadonlySet<string> | null): Promise<Retried>;
}
