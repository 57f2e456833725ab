import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Keeper } from '../../lab/keeper.js';
import { findProgram, thisMachine } from '../../lab/services/programs.js';

export interface Pgbench {
  program: string;
  /** The superuser's, of the database. */
  url: string;
  /** The script's file. */
  script: string;
  clients: number;
  seconds: number;
  /** For its logs, which are read and deleted. */
  folder: string;
  keeper: Keeper;
}

export interface PgbenchResult {
  perSecond: number;
  /** Milliseconds of each whole script. */
  latencies: number[];
  /** Scripts that failed ten times. */
  failed: number;
}

const DEBIAN = '/usr/lib/postgresql';
const LOG = 'pgbench';

/** Newer before older, where Debian keeps several beside each other. @throws with what to install */
export function findPgbench(): string {
  const machine = thisMachine();
  const versions = foldersIn(DEBIAN).toSorted((one, other) => Number(other) - Number(one));
  const folders = [...machine.folders, ...versions.map((version) => join(DEBIAN, version, 'bin'))];
  const found = findProgram('pgbench', { ...machine, folders });
  if (found) return found;
  throw new Error(
    [
      'pgbench cannot be found on this machine: sql-1 and sql-n are measured with it. One of these helps:',
      '  Debian, Ubuntu   sudo apt-get install postgresql-15 (or postgresql-contrib, for any version)',
      '  macOS            brew install postgresql',
      '  elsewhere        put it on PATH, or leave sql-1 and sql-n out with --only',
    ].join('\n'),
  );
}

/** Runs a script over and over. The password goes by the environment: arguments are for all to see. */
export async function pgbench({ program, url, script, clients, seconds, folder, keeper }: Pgbench) {
  const { hostname, port, username, password, pathname } = new URL(url);
  const args = ['-n', '-M', 'prepared', '-j', '2', '--max-tries=10', '-l', `--log-prefix=${LOG}`];
  const child = spawn(program, [...args, '-f', script, '-c', String(clients), '-T', String(seconds)], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      PGHOST: hostname,
      PGPORT: port,
      PGUSER: decodeURIComponent(username),
      PGPASSWORD: decodeURIComponent(password),
      PGDATABASE: decodeURIComponent(pathname.slice(1)),
    },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (child.pid !== undefined) keeper.keep(-child.pid);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (child.pid !== undefined) keeper.forget(-child.pid);
  const perSecond = Number(/^tps = ([\d.]+)/m.exec(said)?.[1]);
  if (code !== 0 || !(perSecond > 0)) throw new Error(`pgbench failed:\n${said.slice(-2000)}`);
  const failed = Number(/number of failed transactions: (\d+)/.exec(said)?.[1] ?? 0);
  return { perSecond, failed, latencies: readLatencies(folder) } satisfies PgbenchResult;
}

/** A line is `client number microseconds …`; one that failed says so instead of a time. */
function readLatencies(folder: string): number[] {
  const files = readdirSync(folder).filter((name) => name.startsWith(`${LOG}.`));
  const latencies: number[] = [];
  for (const name of files) {
    for (const line of readFileSync(join(folder, name), 'utf8').split('\n')) {
      const micros = Number(line.split(' ', 3)[2]);
      if (micros > 0) latencies.push(micros / 1000);
    }
    rmSync(join(folder, name));
  }
  return latencies;
}

function foldersIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
