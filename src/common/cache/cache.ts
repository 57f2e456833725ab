/**
 * Values that can be lost at any time: whoever reads must be able to fetch them anew. Names keep the keys of
 * different uses apart. Values are JSON.
 */
export abstract class Cache {
  /** Undefined when it is not there or has expired. */
  abstract get<T>(name: string, key: string): Promise<T | undefined>;

  /** Keeps a value for at most `ttlMs` milliseconds. */
  abstract set<T>(name: string, key: string, value: T, ttlMs: number): Promise<void>;

  abstract delete(name: string, key: string): Promise<void>;
}
