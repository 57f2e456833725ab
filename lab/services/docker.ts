import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Keeper } from '../keeper.js';
import { findProgram, type Machine, searchPath } from './programs.js';

const run = promisify(execFile);

/** A server in a container of ours, which is gone when we are. */
export interface Container {
  url: string;
  stop(): Promise<void>;
}

export interface ContainerPlan {
  image: string;
  /** What it listens on inside. */
  port: number;
  /** Handed over by name, so that values show in no process list. */
  env: Readonly<Record<string, string>>;
  command?: readonly string[];
  url: (port: number) => string;
  answers: (url: string) => Promise<void>;
}

const ENGINE_MS = 5_000;
/** The image may have to be fetched first. */
const START_MS = 300_000;
const POLL_MS = 250;

/** The `docker` of this machine; undefined when there is none, or no engine behind it. */
export async function findDocker(machine: Machine): Promise<string | undefined> {
  const docker = findProgram('docker', machine);
  if (!docker) return undefined;
  try {
    await run(docker, ['version', '--format', '{{.Server.Version}}'], {
      timeout: ENGINE_MS,
      env: environment(machine),
    });
    return docker;
  } catch {
    return undefined;
  }
}

/** @throws with what Docker said when the container does not come up */
export async function startContainer(
  docker: string,
  machine: Machine,
  plan: ContainerPlan,
): Promise<Container> {
  const name = `waybill-${randomBytes(6).toString('hex')}`;
  const env = { ...environment(machine), ...plan.env };
  const variables = Object.keys(plan.env).flatMap((key) => ['-e', key]);
  const publish = ['-p', `127.0.0.1::${plan.port}`];
  // In the foreground: it hands our keeper's SIGINT on to the server, and --rm then clears away.
  const client = spawn(
    docker,
    ['run', '--rm', '--name', name, ...publish, ...variables, plan.image, ...(plan.command ?? [])],
    { env, detached: true, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let complaint = '';
  client.stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-1_000)));
  const ended = once(client, 'exit').catch(() => undefined);
  const keeper = new Keeper();
  if (client.pid !== undefined) keeper.keep(client.pid, 'INT');

  const stop = async () => {
    await run(docker, ['rm', '-f', name], { env }).catch(() => undefined);
    if (client.pid !== undefined) await ended;
    await keeper.close();
  };
  const isUp = () => client.pid !== undefined && client.exitCode === null && client.signalCode === null;
  for (const deadline = Date.now() + START_MS; isUp() && Date.now() < deadline; await delay(POLL_MS)) {
    try {
      const { stdout } = await run(docker, ['port', name, String(plan.port)], { env });
      const url = plan.url(Number(/:(\d+)/.exec(stdout)?.[1]));
      await plan.answers(url);
      return { url, stop };
    } catch {
      // It is being fetched, or boots.
    }
  }
  await stop();
  throw new Error(`Docker did not start ${plan.image}: ${complaint.trim() || 'it said nothing'}`);
}

/** Docker's own settings lie in the home, and an engine elsewhere is named by DOCKER_HOST. */
function environment(machine: Machine): Record<string, string> {
  const { HOME = '', DOCKER_HOST } = process.env;
  return { PATH: searchPath(machine), HOME, ...(DOCKER_HOST ? { DOCKER_HOST } : {}) };
}
