import { randomBytes } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { canEnter, isRoot, nobody, type RunAs, sharedFolder } from './run-as.js';

/** Where everything of one embedded PostgreSQL lies, by absolute path. */
export interface DataFolder {
  root: string;
  passwordFile: string;
  portFile: string;
  logFile: string;
  /** PostgreSQL's own data directory, or a link to it; see `locateCluster`. */
  clusterLink: string;
}

export interface Cluster {
  /** The real path; nothing lies there before the first start. */
  path: string;
  runAs: RunAs | undefined;
  isNew: boolean;
}

/** Homes of relocated clusters; each says in a note which data folder it belongs to. */
const homePrefix = 'data-';
const ownerNote = 'belongs-to';

/** Makes the folder when it is new. @throws when we may not write to it */
export function openDataFolder(dataDir: string): DataFolder {
  const path = resolve(dataDir);
  try {
    mkdirSync(path, { recursive: true });
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new Error(`cannot write to the data folder ${path}: change its owner, or set DATA_DIR`, {
      cause: error,
    });
  }
  const root = realpathSync(path);
  return {
    root,
    passwordFile: join(root, 'superuser-password'),
    portFile: join(root, 'port'),
    logFile: join(root, 'postgres.log'),
    clusterLink: join(root, 'cluster'),
  };
}

/**
 * Finds PostgreSQL's data directory, or the place for a new one, and the account that runs it: ours, or as root the
 * directory's owner, which is `nobody` for a new one. Where `nobody` cannot enter the data folder (a clone in /root),
 * the directory goes to a shared folder of root's and a link stays here.
 */
export function locateCluster(folder: DataFolder, log: (line: string) => void): Cluster {
  if (lstatSync(folder.clusterLink, { throwIfNoEntry: false })) return existingCluster(folder);
  const runAs = isRoot() ? nobody() : undefined;
  const home = !runAs || canEnter(folder.root, runAs) ? folder.root : makeSharedHome(folder.root, runAs, log);
  return { path: join(home, 'cluster'), runAs, isNew: true };
}

function existingCluster(folder: DataFolder): Cluster {
  if (!existsSync(folder.clusterLink)) {
    throw new Error(
      `${folder.clusterLink} leads to a folder that is gone: put it back, or delete the link to start anew`,
    );
  }
  const path = realpathSync(folder.clusterLink);
  const { uid, gid } = statSync(path);
  if (!isRoot()) {
    if (uid === process.getuid?.()) return { path, runAs: undefined, isNew: false };
    throw new Error(
      `${path} belongs to another user (uid ${uid}), perhaps from a run as root: run as that user, or set DATA_DIR`,
    );
  }
  // Root's own after a copy or a restored backup.
  const runAs = uid === 0 ? nobody() : { uid, gid };
  if (uid === 0) chownTree(path, runAs);
  if (!canEnter(path, runAs)) {
    throw new Error(
      `${path} lies below a folder which its user (uid ${runAs.uid}) cannot enter: move it, or set DATA_DIR`,
    );
  }
  return { path, runAs, isNew: false };
}

/**
 * Named at random, not by the path: a data folder that was deleted is empty when it comes again. What it held before
 * is not ours to delete, but worth a word.
 */
function makeSharedHome(dataFolder: string, runAs: RunAs, log: (line: string) => void): string {
  const shared = sharedFolder(runAs);
  for (const old of homesOf(dataFolder, shared))
    log(`${old} holds older data of ${dataFolder}; delete it if it is not needed`);
  const home = mkdtempSync(join(shared, homePrefix));
  chmodSync(home, 0o755);
  writeFileSync(join(home, ownerNote), dataFolder);
  return home;
}

function homesOf(dataFolder: string, shared: string): string[] {
  return readdirSync(shared)
    .filter((name) => name.startsWith(homePrefix))
    .map((name) => join(shared, name))
    .filter((home) => readText(join(home, ownerNote)) === dataFolder);
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function chownTree(path: string, { uid, gid }: RunAs): void {
  for (const entry of readdirSync(path, { withFileTypes: true, recursive: true })) {
    lchownSync(join(entry.parentPath, entry.name), uid, gid);
  }
  chownSync(path, uid, gid);
}

export function newPassword(folder: DataFolder): string {
  const password = randomBytes(24).toString('hex');
  writeFileSync(folder.passwordFile, password, { mode: 0o600, flush: true });
  return password;
}

export function readPassword(folder: DataFolder): string {
  try {
    return readFileSync(folder.passwordFile, 'utf8').trim();
  } catch (error) {
    throw new Error(
      `the database's password cannot be read from ${folder.passwordFile}: put the file back, or move the folder away to start anew`,
      { cause: error },
    );
  }
}
