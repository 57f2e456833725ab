import type { Client, Pool, PoolClient } from 'pg';

/**
 * Longer than the server lets any statement run (`statement_timeout`): past this the server is not slow, it is gone
 * without a word, and its connection would be waited on until TCP gives up, a quarter of an hour later.
 */
export const CONNECTION_LIMIT_MS = 12_000;

/**
 * Cuts connections that have gone silent. When one has, the idle ones of its pool are likely to be as dead, so they
 * go with it: the pool makes new ones, and callers do not meet the dead ones one after the other.
 */
export class ConnectionWatch {
  private static readonly watches = new WeakMap<Pool, ConnectionWatch>();
  private readonly idle = new Set<PoolClient>();

  private constructor(pool: Pool) {
    // A connection may be ended in the moment it is made, when neither the pool nor TypeORM listens to it, and an
    // error that nobody listens to would end the process. Whoever uses the connection meets its loss all the same.
    pool.on('connect', (client) => client.on('error', () => undefined));
    pool.on('release', (_error, client) => this.idle.add(client));
    pool.on('acquire', (client) => this.idle.delete(client));
    pool.on('remove', (client) => this.idle.delete(client));
  }

  /** The pool's one watch. */
  static of(pool: Pool): ConnectionWatch {
    const watch = ConnectionWatch.watches.get(pool) ?? new ConnectionWatch(pool);
    ConnectionWatch.watches.set(pool, watch);
    return watch;
  }

  /**
   * Runs `use` on a connection, and cuts the connection when that takes more than `limitMs`: `use` then fails with
   * its loss.
   */
  async guard<T>(client: PoolClient, limitMs: number, use: () => Promise<T>): Promise<T> {
    const timer = setTimeout(() => {
      cut(client);
      for (const other of this.idle) cut(other);
    }, limitMs);
    try {
      return await use();
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Not `end()`, which would say goodbye and wait for the answer. */
function cut(client: PoolClient): void {
  const { connection } = client as unknown as Client & { connection: { stream: { destroy(): void } } };
  connection.stream.destroy();
}
