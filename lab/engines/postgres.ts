import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedPostgres } from '../../src/common/persistence/embedded/embedded-postgres.js';
import { findPostmaster } from '../../src/common/persistence/embedded/postmaster.js';
import type { Keeper } from '../keeper.js';
import type { LocalService } from '../services/local-service.js';

const BACK_MS = 30_000;

export interface PostgresOptions {
  dataDir: string;
  keeper: Keeper;
  say: (line: string) => void;
}

/** The embedded PostgreSQL. It starts itself again when it dies, and ends with us even when we are killed. */
export async function startPostgres({ dataDir, keeper, say }: PostgresOptions): Promise<LocalService> {
  let kept = 0;
  const cluster = () => realpathSync(join(dataDir, 'cluster'));
  const keep = () => {
    if (kept) keeper.forget(kept, 'INT');
    kept = findPostmaster(cluster())?.pid ?? 0;
    if (kept) keeper.keep(kept, 'INT');
  };
  const server = await startEmbeddedPostgres({
    dataDir,
    log: (line) => {
      // The rest tells of its start, which the lab does in its own words.
      if (/has ended|is back/.test(line)) say(line);
      if (line.endsWith('is back')) keep();
    },
  });
  keep();
  return {
    url: server.url,
    get pid() {
      return findPostmaster(cluster())?.pid ?? kept;
    },
    // It does so by itself: this only waits for it.
    start: async () => {
      const deadline = Date.now() + BACK_MS;
      while (!findPostmaster(cluster())) {
        if (Date.now() > deadline) throw new Error(`PostgreSQL is not back after ${BACK_MS / 1000} s`);
        await sleep(100);
      }
    },
    kill: async () => {
      const found = findPostmaster(cluster());
      // Never 0 in its place: that is our own process group.
      if (!found) throw new Error('PostgreSQL is not running at the moment: it starts itself again');
      process.kill(found.pid, 'SIGKILL');
    },
    stop: async () => {
      await server.stop();
      if (kept) keeper.forget(kept, 'INT');
    },
  };
}
