import { readFileSync } from 'node:fs';
import { until } from '../until.js';
import type { Instance, Platform } from './platform.js';
import { runProgram } from './run-program.js';

/** For new containers to start and be healthy, and for old ones to drain. */
const ROLL_MS = 300_000;
/** Docker notes the start when it is done with it. */
const START_TOLERANCE_MS = 5000;
/** USER_HZ: what the kernel tells programs, on all that Docker runs on. */
const TICKS_PER_SECOND = 100;

interface Container {
  Id: string;
  Name: string;
  Config: { Labels: Record<string, string> };
  State: { Running: boolean; Pid: number; StartedAt: string; Health?: { Status: string } };
}

/** Containers of a compose project, by docker. */
export class Compose implements Platform {
  readonly name = 'compose';
  private readonly project: readonly string[];

  constructor(files: readonly string[]) {
    this.project = ['compose', ...files.flatMap((file) => ['--file', file])];
  }

  async instances(services: readonly string[]): Promise<Instance[]> {
    return (await this.containers(services)).map(({ Name, Config, State }) => ({
      name: nameOf(Name),
      service: Config.Labels['com.docker.compose.service'] ?? '',
      ready: State.Running && (State.Health?.Status ?? 'healthy') === 'healthy',
      // A restart policy starts the same container again.
      incarnation: State.StartedAt,
    }));
  }

  /** The process itself: after `docker kill` Docker takes the container for stopped, and does not start it again. */
  async kill({ name, service }: Instance): Promise<void> {
    const container = (await this.containers([service])).find(({ Name }) => nameOf(Name) === name);
    if (!container?.State.Pid) throw new Error(`${name} does not run any more`);
    const { Pid } = container.State;
    const apart = Math.abs(startOf(Pid) - Date.parse(container.State.StartedAt));
    if (!(apart < START_TOLERANCE_MS))
      throw new Error(
        `Process ${Pid} here is not that of ${name}: run this on the machine of its Docker engine`,
      );
    process.kill(Pid, 'SIGKILL');
  }

  /** As many new ones beside the old; when they are healthy, the old ones are told to end, one by one. */
  async roll(service: string): Promise<void> {
    const old = await this.containers([service]);
    await this.up(service, 2 * old.length);
    await until(
      async () => (await this.instances([service])).filter(({ ready }) => ready).length === 2 * old.length,
      ROLL_MS,
      `The new containers of ${service} are healthy`,
    );
    for (const { Id } of old) {
      await this.docker(['stop', Id], ROLL_MS);
      await this.docker(['rm', Id]);
    }
  }

  private async up(service: string, replicas: number): Promise<void> {
    const how = ['--detach', '--no-deps', '--no-recreate', '--scale', `${service}=${replicas}`];
    await this.docker([...this.project, 'up', ...how, service], ROLL_MS);
  }

  private async containers(services: readonly string[]): Promise<Container[]> {
    const ids = (await this.docker([...this.project, 'ps', '--all', '--quiet', ...services]))
      .split('\n')
      .filter(Boolean);
    return ids.length === 0 ? [] : (JSON.parse(await this.docker(['inspect', ...ids])) as Container[]);
  }

  private docker(args: readonly string[], timeoutMs?: number): Promise<string> {
    return runProgram('docker', args, timeoutMs);
  }
}

function nameOf(name: string): string {
  return name.replace(/^\//, '');
}

/**
 * When a process of this machine started, in milliseconds since the epoch; NaN when there is none of that number.
 * Process numbers of an engine that is elsewhere, in a virtual machine say, are those of strangers here.
 */
function startOf(pid: number): number {
  const own = ticksAtStart(process.pid);
  return Date.now() - process.uptime() * 1000 + (ticksAtStart(pid) - own) * (1000 / TICKS_PER_SECOND);
}

/** Field 22 of proc_pid_stat(5); the name before it may hold spaces and brackets. */
function ticksAtStart(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    return Number.NaN;
  }
}
