import { DataSource, type DataSourceOptions } from 'typeorm';

/** First half of the advisory lock; the schema is the other. */
const MIGRATION_LOCK = 7_294_002;

/** Connects to a module's schema and brings it up to date. */
export async function openDataSource(options: DataSourceOptions): Promise<DataSource> {
  const dataSource = await new DataSource(options).initialize();
  try {
    await migrate(dataSource);
    return dataSource;
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}

/**
 * Processes that start together take turns, however long the first one takes: TypeORM by itself lets all of
 * them run the same migration. The lock goes with its connection, so that a process that dies holds up nobody.
 */
async function migrate(dataSource: DataSource): Promise<void> {
  const turn = dataSource.createQueryRunner();
  try {
    await turn.startTransaction();
    for (const limit of ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout']) {
      await turn.query(`SET LOCAL ${limit} = 0`);
    }
    await turn.query('SELECT pg_advisory_xact_lock($1, hashtext(current_schema()))', [MIGRATION_LOCK]);
    await dataSource.runMigrations();
    await turn.commitTransaction();
  } catch (error) {
    await turn.rollbackTransaction().catch(() => undefined);
    throw error;
  } finally {
    await turn.release();
  }
}
