import { cpus, platform, release, totalmem } from 'node:os';

/** Figures of two machines are not to be compared: this says which one it was. */
export interface Machine {
  cpu: string;
  cores: number;
  memoryGib: number;
  system: string;
  node: string;
  postgres: string;
}

export function thisMachine(postgres: string): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()}`,
    node: process.version,
    postgres,
  };
}

export function inWords({ cpu, cores, memoryGib, node, postgres }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGib} GiB; Node ${node}, PostgreSQL ${postgres}`;
}
