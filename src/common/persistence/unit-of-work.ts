import { hash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client, Pool, PoolClient, QueryResult, QueryResultRow } from 'pg';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { Unavailable } from '../errors/common.errors.js';
import { failpoint } from '../failpoint.js';
import { CONNECTION_LIMIT_MS, ConnectionWatch } from './connection-watch.js';
import { beforeCommit, duringCommit, isConnectionLoss, isRetryable, isStale } from './database-errors.js';

/** A statement that is run over and over: each connection parses it once. Made by `prepared`. */
export interface Prepared {
  name: string;
  text: string;
}

export type Statement = string | Prepared;

/** Anything that statements can be run on: a transaction, or a unit of work (each statement by itself). */
export interface Sql {
  /** Runs one statement and gives its rows, whatever kind of statement it is. */
  rows<R extends QueryResultRow>(statement: Statement, values?: unknown[]): Promise<R[]>;
}

/** An open transaction. Everything inside goes through it; a repository from elsewhere would not be part of it. */
export interface Tx extends Sql {
  readonly manager: EntityManager;
  /**
   * Sends a statement whose rows nobody needs. It is not waited for: it travels with the next one, or with COMMIT.
   * When it fails, the transaction fails with its error.
   */
  send(statement: Statement, values: unknown[]): void;
}

/**
 * For statements of the hot path, whose text never changes. The name is the text's own, so it cannot name two.
 *
 * One plan is made and kept if the planner sees no reason to make one for each set of values: give it arrays by
 * `array`. The plan must be good for a table that has grown since: reach its rows by `id = ANY (…)` and not by a join
 * alone, which on a small table is planned as a scan of all of it.
 *
 * Cast its parameters: a connection keeps the types that it took them for. The types of its answer it keeps too; when a
 * migration changes them, what was asked is run once more, parsed anew, and the connection is given up.
 */
export function prepared(text: string): Prepared {
  return { name: hash('sha1', text, 'base64url'), text };
}

/** An array parameter of a prepared statement, such as `array('$1', 'uuid')`, whose length the planner does not see. */
export function array(parameter: string, type: string): string {
  // The cast makes an array of it again where ANY would take it for a query.
  return `(SELECT ${parameter}::${type}[])::${type}[]`;
}

/** Several of them, the first one numbered `from`. */
export function arrays(from: number, ...types: string[]): string {
  return types.map((type, index) => array(`$${from + index}`, type)).join(', ');
}

const ATTEMPTS = 3;

/**
 * A module's transactions, on its own schema under its own role.
 *
 * A lost connection is told honestly: before COMMIT nothing happened (Unavailable), during COMMIT it may have
 * (OutcomeUnknown: read again by key).
 */
export class UnitOfWork implements Sql {
  private readonly watch: ConnectionWatch;

  constructor(
    readonly module: string,
    readonly dataSource: DataSource,
    /** Milliseconds after which a connection that says nothing is cut. */
    private readonly limitMs: number = CONNECTION_LIMIT_MS,
  ) {
    this.watch = ConnectionWatch.of((dataSource.driver as PostgresDriver).master as Pool);
  }

  /** Runs `work` in a transaction, again when it lost a deadlock or a migration. No network call belongs inside. */
  async run<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    let query: Query = asPrepared;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.attempt(work, query);
      } catch (error) {
        if (attempt === ATTEMPTS) throw error;
        // The other connections of the pool may well have parsed it as long ago.
        if (isStale(error)) query = parsedAnew;
        // At once, it could take its lock again before the winner has woken up, and lose the same way.
        else if (isRetryable(error)) await delay(attempt * (5 + Math.random() * 20));
        else throw error;
      }
    }
  }

  /** One statement that is its own transaction: a single round trip. */
  rows<R extends QueryResultRow>(statement: Statement, values: unknown[] = []): Promise<R[]> {
    return this.connected(async (_runner, client) => {
      const { rows } = await asPrepared<R>(client, statement, values).catch((error: unknown) => {
        if (isStale(error)) return lastly<R>(client, statement, values);
        throw duringCommit(error);
      });
      return rows;
    });
  }

  private attempt<T>(work: (tx: Tx) => Promise<T>, query: Query): Promise<T> {
    return this.connected(async (runner, client) => {
      // Sent with the first statement: nothing has to wait for the answer to BEGIN.
      const sent = [heldBack(client.query('BEGIN'))];
      Object.assign(runner, { isTransactionActive: true });
      const result = await this.transact(runner, client, sent, work, query);
      failpoint(`${this.module}.commit.before`);
      await commit(runner, client, sent);
      failpoint(`${this.module}.commit.after`);
      return result;
    });
  }

  private async connected<T>(use: (runner: QueryRunner, client: PoolClient) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    try {
      const client = await connect(runner);
      return await this.watch
        .guard(client, this.limitMs, () => use(runner, client))
        .catch((error: unknown) => {
          if (isStale(error) || (error instanceof Error && isConnectionLoss(error.cause))) discard(client);
          throw error;
        });
    } finally {
      await runner.release();
    }
  }

  private async transact<T>(
    runner: QueryRunner,
    client: PoolClient,
    sent: Promise<unknown>[],
    work: (tx: Tx) => Promise<T>,
    query: Query,
  ): Promise<T> {
    try {
      return await work({
        manager: runner.manager,
        rows: async <R extends QueryResultRow>(statement: Statement, values: unknown[] = []) =>
          (await query<R>(client, statement, values)).rows,
        send: (statement, values) => void sent.push(heldBack(query(client, statement, values))),
      });
    } catch (error) {
      const cause = await firstFailure(sent);
      // A rollback that fails has lost its connection, and the server rolls back by itself.
      await client.query('ROLLBACK').catch(() => undefined);
      throw beforeCommit(cause ?? error);
    }
  }
}

type Query = <R extends QueryResultRow>(
  client: PoolClient,
  statement: Statement,
  values: unknown[],
) => Promise<QueryResult<R>>;

const asPrepared: Query = (client, statement, values) =>
  typeof statement === 'string' ? client.query(statement, values) : client.query({ ...statement, values });

/** Without its name, so that what the connection knows by that name plays no part. */
const parsedAnew: Query = (client, statement, values) =>
  client.query(typeof statement === 'string' ? statement : statement.text, values);

/** Of a connection that knows the statement as it was: it answers this once more, and is given up. */
async function lastly<R extends QueryResultRow>(client: PoolClient, statement: Statement, values: unknown[]) {
  try {
    return await parsedAnew<R>(client, statement, values);
  } catch (error) {
    throw duringCommit(error);
  } finally {
    discard(client);
  }
}

/** A promise that is looked at later: its failure is not unhandled until then. */
function heldBack<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/** What went wrong first: the statements after it only say that the transaction is aborted. */
async function firstFailure(sent: readonly Promise<unknown>[]): Promise<unknown> {
  const failed = (await Promise.allSettled(sent)).find((result) => result.status === 'rejected');
  return failed?.reason as unknown;
}

/** Has the pool destroy it when it is given back, and not give it to the next caller. */
function discard(client: PoolClient): void {
  void (client as unknown as Client).end().catch(() => undefined);
}

async function commit(runner: QueryRunner, client: PoolClient, sent: Promise<unknown>[]): Promise<void> {
  if (runner.isReleased) throw new Unavailable('The connection was lost before the commit');
  const committed = heldBack(client.query('COMMIT'));
  const cause = await firstFailure(sent);
  if (cause !== undefined) {
    await committed.catch(() => undefined);
    throw duringCommit(cause);
  }
  const { command } = await committed.catch((error: unknown) => {
    throw duringCommit(error);
  });
  // To commit a transaction in which a statement failed is to roll it back; PostgreSQL calls that a success.
  if (command !== 'COMMIT')
    throw new Error('The transaction was rolled back: the work swallowed the error of a statement');
}

async function connect(runner: QueryRunner): Promise<PoolClient> {
  try {
    return (await runner.connect()) as PoolClient;
  } catch (error) {
    throw beforeCommit(error);
  }
}
