import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PULL_MS = 300_000;

/** Sees to it that an image is on this machine. Answers why it cannot be had, or null when it is here now. */
export async function fetchImage(
  image: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string | null> {
  const docker = (timeout: number, ...args: string[]) => run('docker', args, { env, timeout });
  try {
    await docker(10_000, 'image', 'inspect', image);
    return null;
  } catch {
    // Not here: asked for below.
  }
  try {
    await docker(PULL_MS, 'pull', '--quiet', image);
    return null;
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    return stderr.trim().split('\n').at(-1) || String(error);
  }
}
