import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { readCompose } from './compose-files.js';

const run = promisify(execFile);
const PULL_MS = 120_000;

export interface Door {
  image: string;
  /** Why Traefik cannot be had; null when its image is on this machine now. */
  missing: string | null;
}

/** Whether the real Traefik can be run here: the image of the compose file, from this machine or else a registry. */
export async function findTraefik(env: NodeJS.ProcessEnv = process.env): Promise<Door> {
  const image = readCompose('webapp/compose.yaml').services['traefik']?.image ?? '';
  const docker = (timeout: number, ...args: string[]) => run('docker', args, { env, timeout });
  try {
    await docker(10_000, 'image', 'inspect', image);
    return { image, missing: null };
  } catch {
    // Not here: asked for below.
  }
  try {
    await docker(PULL_MS, 'pull', '--quiet', image);
    return { image, missing: null };
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    return { image, missing: stderr.trim().split('\n').at(-1) || String(error) };
  }
}
