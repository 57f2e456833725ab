import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ServerProcess } from '../../lab/services/server-process.js';

const START_MS = 20_000;

/** Starts a Prometheus or an Alertmanager, with its data and its log in `folder`. @throws with the end of its log */
export function startServer(
  name: string,
  url: string,
  folder: string,
  file: string,
  args: readonly string[],
): Promise<ServerProcess> {
  const outputFile = join(folder, 'log');
  mkdirSync(join(folder, 'data'));
  return ServerProcess.start({
    name,
    url,
    server: { file, args, env: { LC_ALL: 'C', TZ: 'UTC' } },
    account: undefined,
    outputFile,
    logFiles: [outputFile],
    answers: async () => {
      const answer = await fetch(`${url}/-/ready`);
      if (!answer.ok) throw new Error(`${name} answers ${answer.status}`);
    },
    startMs: START_MS,
  });
}
