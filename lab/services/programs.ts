import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { isRoot } from '../../src/common/persistence/embedded/run-as.js';

/** Where programs are looked for, and how new ones come there. */
export interface Machine {
  /** As in the environment. */
  path: string;
  /** Looked through after PATH, which often leaves out the folders that packages put servers in. */
  folders: readonly string[];
  /** Whether we are root, and so may install packages. */
  root: boolean;
  /** Asked by Debian's packages whether they may start their daemon. */
  policyFile: string;
}

const SERVER_FOLDERS = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/opt/homebrew/sbin',
  '/opt/homebrew/bin',
];

/** Debian's /usr/sbin/rabbitmq-server is a wrapper that changes the user and hides the server's pid: not that one. */
const DEBIAN_RABBITMQ = '/usr/lib/rabbitmq/bin/rabbitmq-server';
const DEBIAN_WRAPPER = '/usr/sbin/rabbitmq-server';

export function thisMachine(env: Record<string, string | undefined> = process.env): Machine {
  return {
    path: env['PATH'] ?? '',
    folders: SERVER_FOLDERS,
    root: isRoot(),
    policyFile: '/usr/sbin/policy-rc.d',
  };
}

/** A program's absolute path; undefined when the machine does not have it. */
export function findProgram(name: string, { path, folders }: Machine): string | undefined {
  return [...path.split(delimiter), ...folders]
    .filter((folder) => isAbsolute(folder))
    .map((folder) => join(folder, name))
    .find((file) => canRun(file));
}

export function findRabbitMq(machine: Machine): string | undefined {
  const found = findProgram('rabbitmq-server', machine);
  return found === DEBIAN_WRAPPER && canRun(DEBIAN_RABBITMQ) ? DEBIAN_RABBITMQ : found;
}

export function findRedis(machine: Machine): string | undefined {
  return findProgram('redis-server', machine) ?? findProgram('valkey-server', machine);
}

/** PATH for programs that need others, such as RabbitMQ its Erlang. */
export function searchPath({ path, folders }: Machine): string {
  return [...new Set([...path.split(delimiter), ...folders, '/bin'])].filter(Boolean).join(delimiter);
}

function canRun(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
