import {
  chmodSync,
  chownSync,
  closeSync,
  fchmodSync,
  fchownSync,
  lchownSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { canEnter, isRoot, nobody, type RunAs } from '../../src/common/persistence/embedded/run-as.js';

/** The account for a server with data in `folder`: as root `nobody`, else ours, which `undefined` stands for. */
export function serverAccount(folder: string): RunAs | undefined {
  const account = isRoot() ? findNobody() : undefined;
  return account && canEnter(folder, account) ? account : undefined;
}

/**
 * Makes a folder, and gives it to the account with all that a server of another account has left in it.
 *
 * @throws when it is another user's and we are not root
 */
export function giveFolder(folder: string, account: RunAs | undefined): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid } = statSync(folder);
  const wanted = account ?? { uid: process.getuid?.() ?? uid, gid: process.getgid?.() ?? 0 };
  if (uid === wanted.uid) return;
  if (!isRoot()) {
    throw new Error(
      `${folder} belongs to another user (uid ${uid}), perhaps from a run as root: run as that user, or delete it`,
    );
  }
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    lchownSync(join(entry.parentPath, entry.name), wanted.uid, wanted.gid);
  }
  chownSync(folder, wanted.uid, wanted.gid);
}

/**
 * Makes a folder anew, with files by name that the account can read and not change. It stays ours: in a folder of the
 * account, a link in a file's place would have us overwrite what the link leads to. So it must not lie in one either.
 */
export function writeForAccount(
  folder: string,
  account: RunAs | undefined,
  files: Readonly<Record<string, string>>,
): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { mode: 0o700 });
  for (const [name, text] of Object.entries(files)) {
    const file = openSync(join(folder, name), 'wx', 0o600);
    try {
      writeFileSync(file, text);
      if (!account) continue;
      fchownSync(file, 0, account.gid);
      fchmodSync(file, 0o640);
    } finally {
      closeSync(file);
    }
  }
  if (account) chmodSync(folder, 0o755);
}

function findNobody(): RunAs | undefined {
  try {
    return nobody();
  } catch {
    return undefined; // Such a machine has nothing better than root.
  }
}
