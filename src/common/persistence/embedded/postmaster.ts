import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from './data-folder.js';
import { commandLine, processStartedAt } from './process-identity.js';
import { cannotRun, cleanEnvironment } from './programs-environment.js';

/** What it takes to run one server. */
export interface Installation {
  /** The folder with `postgres` and `initdb`. */
  programs: string;
  cluster: Cluster;
  logFile: string;
  /** On top of those that it always has. */
  settings?: Readonly<Record<string, string>>;
}

export interface Postmaster {
  pid: number;
  port: number;
}

const pollMs = 10;
/** Reading back a gigabyte of WAL after a crash can take this long on a slow disk. */
const recoveryMs = 120_000;
/** After a `kill -9` the old server's last processes need a moment to let go of its shared memory. */
const retryStartMs = 10_000;
const shutdowns = [
  { signal: 'SIGINT', patienceMs: 8_000 },
  { signal: 'SIGQUIT', patienceMs: 6_000 },
  { signal: 'SIGKILL', patienceMs: 2_000 },
] as const;

/** Given on the command line, so that a newer Waybill changes them for an old folder too. */
function settings(port: number, more: Readonly<Record<string, string>>): string[] {
  return Object.entries({
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 200,
    shared_buffers: '256MB',
    max_wal_size: '1GB',
    // Refused statements are the caller's to log: here they would bring row values, addresses included.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_checkpoints: 'off',
    logging_collector: 'off',
    log_timezone: 'UTC',
    timezone: 'UTC',
    ...more,
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** The live server of this cluster, if there is one, ready or not. */
export function findPostmaster(cluster: string): (Postmaster & { status: string }) | undefined {
  const file = readPidFile(cluster);
  return file && isAlive(file.pid) && isServerOf(file.pid, cluster) ? file : undefined;
}

/** Waits through the start or recovery of a live server; `undefined` when there is none, or it ends instead. */
export async function waitUntilReady(cluster: string): Promise<Postmaster | undefined> {
  const deadline = Date.now() + recoveryMs;
  for (let found = findPostmaster(cluster); found && Date.now() < deadline; found = findPostmaster(cluster)) {
    if (found.status === 'ready') return found;
    await delay(pollMs);
  }
  return undefined;
}

/** @throws with what the server wrote to its log when it does not come up */
export async function startPostmaster(installation: Installation, port: number): Promise<Postmaster> {
  const cluster = installation.cluster.path;
  const crashed = readPidFile(cluster)?.pid;
  const deadline = Date.now() + (crashed === undefined ? 0 : retryStartMs);
  while (crashed !== undefined && isZombie(crashed) && Date.now() < deadline) await delay(pollMs);
  for (;;) {
    dropReusedPid(cluster);
    const outcome = await launch(installation, port);
    if (typeof outcome === 'object') return outcome;
    if (Date.now() >= deadline) throw new Error(`the embedded PostgreSQL did not start: ${outcome}`);
    await delay(100);
  }
}

/**
 * Ends the server: open transactions are rolled back, the rest is written out. Returns when it is gone; one that does
 * not end in time is stopped at once and recovers at its next start.
 *
 * @throws when it survives even that
 */
export async function stopPostmaster(cluster: string): Promise<void> {
  for (const { signal, patienceMs } of shutdowns) {
    const server = findPostmaster(cluster);
    if (!server) return;
    send(signal, server.pid);
    if (await isGone(server.pid, patienceMs)) return;
  }
  throw new Error('the embedded PostgreSQL does not end');
}

/** Answers the running server, or what it complained of. */
async function launch(
  { programs, cluster, logFile, settings: more = {} }: Installation,
  port: number,
): Promise<Postmaster | string> {
  const program = join(programs, 'postgres');
  const log = openSync(logFile, 'a', 0o600);
  const logStart = statSync(logFile).size;
  const child = spawn(program, ['-D', cluster.path, ...settings(port, more)], {
    ...cluster.runAs,
    cwd: '/',
    env: cleanEnvironment,
    // In a process group of its own: Ctrl-C on the terminal must reach it only through us, after the last request.
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  let failure: Error | undefined;
  child.on('error', (error) => (failure = cannotRun(program, error)));
  child.unref();

  const deadline = Date.now() + recoveryMs;
  while (child.exitCode === null && child.signalCode === null && Date.now() < deadline) {
    await delay(pollMs);
    if (failure) throw failure;
    const file = readPidFile(cluster.path);
    if (file?.pid === child.pid && file?.status === 'ready') return file;
  }
  if (child.exitCode === null) child.kill('SIGQUIT');
  const written = readFileSync(logFile).subarray(logStart).toString().trim();
  return `${written.slice(-2000) || `postgres ended with ${child.exitCode ?? child.signalCode}`} (log: ${logFile})`;
}

/** The layout of postmaster.pid: pid, data directory, start time, port, socket, address, shared memory, status. */
function readPidFile(cluster: string): (Postmaster & { status: string }) | undefined {
  try {
    const lines = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n');
    const pid = Number(lines[0]);
    // A standalone backend would write its pid negated.
    return pid > 0 ? { pid, port: Number(lines[3]), status: lines[7]?.trim() ?? '' } : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * PostgreSQL refuses to start when the pid in a stale file lives again as another program of the same user. Only then
 * is the file removed: otherwise PostgreSQL needs it to see whether backends of a dead server are still at work.
 */
function dropReusedPid(cluster: string): void {
  const file = readPidFile(cluster);
  if (!file || !isAlive(file.pid)) return;
  const command = commandLine(file.pid);
  if (command !== '' && !isServerOf(file.pid, cluster)) rmSync(join(cluster, 'postmaster.pid'));
}

function isServerOf(pid: number, cluster: string): boolean {
  return commandLine(pid).includes(`postgres -D ${cluster} `);
}

function isAlive(pid: number): boolean {
  return processStartedAt(pid) !== undefined;
}

async function isGone(pid: number, patienceMs: number): Promise<boolean> {
  const startedAt = processStartedAt(pid);
  const deadline = Date.now() + patienceMs;
  while (startedAt !== undefined && processStartedAt(pid) === startedAt) {
    if (Date.now() >= deadline) return false;
    await delay(pollMs);
  }
  return true;
}

/** Answers whether there was a process to get it; 0 is only a question. */
function send(signal: NodeJS.Signals | 0, pid: number): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    return false;
  }
}

/** Dead, but its parent has not noticed: PostgreSQL takes it for alive and would refuse to start. */
function isZombie(pid: number): boolean {
  return !isAlive(pid) && send(0, pid);
}
