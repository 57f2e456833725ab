import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A folder for one spec's data. Open to all: as root the database runs under another account, and would keep its
 * data in /var/lib/waybill, where nobody deletes it, if it could not enter.
 */
export async function temporaryFolder(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `waybill-${name}-`));
  await chmod(folder, 0o755);
  return folder;
}
