import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Keeper } from '../../lab/keeper.js';
import { startEmbeddedPostgres } from '../../src/common/persistence/embedded/embedded-postgres.js';
import { findPostmaster } from '../../src/common/persistence/embedded/postmaster.js';
import type { Belongings } from './belongings.js';

/** pgbench alone has up to 256 connections, each Waybill process eight for each of its modules. */
const SETTINGS = { max_connections: '400', fsync: 'on', synchronous_commit: 'on' };

/** A PostgreSQL server of ours. */
export interface Server {
  /** The superuser's, of the database that Waybill uses. */
  url: string;
  /** The pid of its first process; 0 when it is gone. */
  postmaster: () => number;
}

/** Its data are in `folder`, made when missing. */
export async function startServer(folder: string, keeper: Keeper, belongings: Belongings): Promise<Server> {
  const postgres = await startEmbeddedPostgres({ dataDir: folder, settings: SETTINGS });
  const cluster = realpathSync(join(folder, 'cluster'));
  const postmaster = () => findPostmaster(cluster)?.pid ?? 0;
  const kept = postmaster();
  // It would outlive us when we are killed with -9. Never 0: that is our own process group.
  if (kept > 0) keeper.keep(kept, 'INT');
  await belongings.add(async () => {
    await postgres.stop();
    keeper.forget(kept, 'INT');
  });
  return { url: postgres.url, postmaster };
}
