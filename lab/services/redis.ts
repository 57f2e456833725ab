import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { redisAnswers } from './answers.js';
import type { LocalService } from './local-service.js';
import { findRedis, type Machine, thisMachine } from './programs.js';
import { portFor } from './port-for.js';
import { serverAccount } from './server-account.js';
import { ServerProcess } from './server-process.js';

const START_MS = 20_000;

export interface RedisOptions {
  /** Gets its log and nothing else, for this Redis writes nothing down; made when missing. */
  folder: string;
  /** By default a free one. */
  port?: number;
  /** Where to look for the program. */
  machine?: Machine;
}

/**
 * Starts a Redis that keeps all in memory: after `kill` or `stop` it comes back empty.
 *
 * @throws with words a person can act on: it is not installed, the port is taken, it did not start
 */
export async function startRedis(options: RedisOptions): Promise<LocalService> {
  const file = findRedis(options.machine ?? thisMachine());
  if (!file)
    throw new Error(
      'redis-server is not on this machine: install it (Debian: redis-server, Homebrew: redis)',
    );
  const port = await portFor('Redis', options.port);
  const folder = resolve(options.folder);
  mkdirSync(folder, { recursive: true });
  const outputFile = join(folder, 'redis.log');
  const password = randomBytes(16).toString('hex');
  const url = `redis://:${password}@127.0.0.1:${port}`;

  return ServerProcess.start({
    name: 'Redis',
    url,
    server: { file, args: ['-'], env: { LC_ALL: 'C' }, input: settings(port, password) },
    account: serverAccount('/'),
    outputFile,
    logFiles: [outputFile],
    answers: () => redisAnswers(url),
    startMs: START_MS,
  });
}

function settings(port: number, password: string): string {
  return [
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password}`,
    'save ""',
    'appendonly no',
    'dir /',
    '',
  ].join('\n');
}
