import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { findProgram, type Machine, searchPath } from './programs.js';

/** 101 forbids: https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt */
const POLICY =
  "#!/bin/sh\n# Written by Waybill's lab while it installs servers, and removed then.\nexit 101\n";
/** For all of it together: an archive that does not answer must not keep the lab for ever. */
const LIMIT_MS = 600_000;
/** For apt-get to end in an orderly way once it is told to. */
const END_MS = 10_000;
/** What a package enables for the next boot beside the unit of its own name. */
const MORE_UNITS: Record<string, readonly string[]> = { 'rabbitmq-server': ['epmd.service', 'epmd.socket'] };

/** Debian and what is made from it. */
export function findAptGet(machine: Machine): string | undefined {
  return findProgram('apt-get', machine);
}

/**
 * Installs packages, without their daemons, now or at the next boot. As root only.
 *
 * @throws with the end of what apt-get said, or that it took longer than `limitMs`
 */
export async function installByApt(
  aptGet: string,
  packages: readonly string[],
  machine: Machine,
  limitMs = LIMIT_MS,
): Promise<void> {
  const { policyFile } = machine;
  const env = { PATH: searchPath(machine), LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' };
  const limits = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::http::Timeout=30'];
  const late = AbortSignal.timeout(limitMs);
  const install = [...limits, 'install', '-y', '--no-install-recommends', ...packages];
  // A policy that is there already is somebody's choice, save when we were killed while ours was there.
  const isOurs = !existsSync(policyFile) || readFileSync(policyFile, 'utf8') === POLICY;
  if (isOurs) writeFileSync(policyFile, POLICY, { mode: 0o755 });
  try {
    let { ok, output } = await run(aptGet, install, env, late);
    if (!ok && !late.aborted) {
      // Its lists may be missing or old.
      await run(aptGet, [...limits, 'update'], env, late);
      ({ ok, output } = await run(aptGet, install, env, late));
    }
    if (!ok) {
      const said = output.slice(-1_000).trim() || 'it said nothing';
      throw new Error(
        late.aborted
          ? `apt-get had not installed ${packages.join(' and ')} after ${limitMs / 60_000} minutes, and was ended: ` +
              `see whether \`sudo apt-get install ${packages.join(' ')}\` works (${said})`
          : `apt-get could not install ${packages.join(' and ')}: ${said}`,
      );
    }
  } finally {
    if (isOurs) rmSync(policyFile);
  }
  const systemctl = findProgram('systemctl', machine);
  if (!systemctl) return;
  const units = packages.flatMap((name) => [name, ...(MORE_UNITS[name] ?? [])]);
  await run(systemctl, ['disable', ...units], env, late);
}

async function run(
  program: string,
  args: readonly string[],
  env: Record<string, string>,
  late: AbortSignal,
): Promise<{ ok: boolean; output: string }> {
  if (late.aborted) return { ok: false, output: '' };
  // Ctrl-C in the middle of it would leave packages half installed.
  const child = spawn(program, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-10_000)));
  }
  const { pid } = child;
  let force: NodeJS.Timeout | undefined;
  const end = () => {
    if (pid === undefined) return;
    endGroup(pid, 'SIGTERM');
    force = setTimeout(() => endGroup(pid, 'SIGKILL'), END_MS);
  };
  late.addEventListener('abort', end);
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    return { ok: code === 0, output };
  } catch (error) {
    return { ok: false, output: String(error) };
  } finally {
    late.removeEventListener('abort', end);
    clearTimeout(force);
  }
}

/** With all that it has started. */
function endGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}
