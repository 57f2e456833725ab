import { chmodSync, lstatSync, mkdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** The account PostgreSQL runs under when we are root, which it refuses to be. */
export interface RunAs {
  uid: number;
  gid: number;
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** @throws when the machine has no user `nobody` */
export function nobody(): RunAs {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('nobody:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (!uid || !gid) {
    throw new Error(
      'the embedded PostgreSQL cannot run as root, and this machine has no user "nobody" to run it: ' +
        'start Waybill as another user, or set DATABASE_URL',
    );
  }
  return { uid: Number(uid), gid: Number(gid) };
}

/** Whether an account may read and enter a file or folder: every folder above must let it through. Ignores ACLs. */
export function canEnter(path: string, account: RunAs): boolean {
  const real = realpathSync(path);
  const stats = statSync(real);
  const needed = stats.isDirectory() ? 0o5 : 0o4;
  return (permissions(stats, account) & needed) === needed && canTraverse(dirname(real), account);
}

/**
 * A folder of root's own that every account can enter, for what cannot stay in a closed home such as /root.
 * Never below /tmp: it is emptied, often forbids programs, and anyone may have prepared a folder there.
 */
export function sharedFolder(account: RunAs): string {
  const folder = ['/var/lib/waybill', '/var/tmp/waybill'].find((path) => isOurs(path, account));
  if (folder) return folder;
  throw new Error(
    'the embedded PostgreSQL runs as user "nobody", who cannot enter the data or program folder, and neither ' +
      '/var/lib/waybill nor /var/tmp/waybill can be made for it: set DATA_DIR to a folder that everybody may enter, ' +
      'start Waybill as another user, or set DATABASE_URL',
  );
}

function isOurs(path: string, account: RunAs): boolean {
  try {
    makeOpenFolder(path);
    const stats = lstatSync(path);
    return stats.isDirectory() && stats.uid === 0 && (stats.mode & 0o022) === 0 && canEnter(path, account);
  } catch {
    return false;
  }
}

function makeOpenFolder(path: string): void {
  try {
    mkdirSync(path);
    chmodSync(path, 0o755); // Root's umask may be strict; only on our own new folder.
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function canTraverse(folder: string, account: RunAs): boolean {
  const mayPass = (permissions(statSync(folder), account) & 0o1) !== 0;
  return mayPass && (folder === '/' || canTraverse(dirname(folder), account));
}

function permissions(stats: { mode: number; uid: number; gid: number }, account: RunAs): number {
  if (stats.uid === account.uid) return (stats.mode >> 6) & 0o7;
  if (stats.gid === account.gid) return (stats.mode >> 3) & 0o7;
  return stats.mode & 0o7;
}
