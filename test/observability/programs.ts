import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { findAptGet, installByApt } from '../../lab/services/apt.js';
import { findProgram, type Machine, thisMachine } from '../../lab/services/programs.js';

/** What runs in production. */
export const OBSERVABILITY = resolve(__dirname, '../../deploy/compose/observability');

/** Debian calls Alertmanager's program after its package, everybody else by its own name. */
const PACKAGES = [
  { name: 'Prometheus', debian: 'prometheus', brew: 'prometheus', programs: [['prometheus'], ['promtool']] },
  {
    name: 'Alertmanager',
    debian: 'prometheus-alertmanager',
    brew: 'alertmanager',
    programs: [['prometheus-alertmanager', 'alertmanager'], ['amtool']],
  },
];

export interface Programs {
  prometheus: string;
  promtool: string;
  alertmanager: string;
  amtool: string;
}

/** @throws with what to install */
export function programs(machine: Machine = thisMachine()): Programs {
  const missing = missingOn(machine);
  if (missing.length > 0) throw new Error(howToInstall(missing));
  const [prometheus = '', promtool = '', alertmanager = '', amtool = ''] = PACKAGES.flatMap((each) =>
    each.programs.map((names) => find(names, machine) ?? ''),
  );
  return { prometheus, promtool, alertmanager, amtool };
}

/** Makes sure that this machine has them: as root on Debian, by apt-get. @throws as `programs` does */
export async function installMonitoring(
  say: (line: string) => void,
  machine: Machine = thisMachine(),
): Promise<void> {
  const missing = missingOn(machine);
  if (missing.length === 0) return;
  const aptGet = machine.root ? findAptGet(machine) : undefined;
  if (!aptGet) throw new Error(howToInstall(missing));
  const packages = missing.map(({ debian }) => debian);
  say(`${namesOf(missing)} not on this machine: apt-get installs ${packages.join(' ')} (a minute, once)`);
  await installByApt(aptGet, packages, machine);
  programs(machine);
}

function missingOn(machine: Machine): typeof PACKAGES {
  return PACKAGES.filter((each) => each.programs.some((names) => !find(names, machine)));
}

function find(names: readonly string[], machine: Machine): string | undefined {
  return names.map((name) => findProgram(name, machine)).find((file) => file !== undefined);
}

function namesOf(missing: typeof PACKAGES): string {
  return `${missing.map(({ name }) => name).join(' and ')} ${missing.length === 1 ? 'is' : 'are'}`;
}

function howToInstall(missing: typeof PACKAGES): string {
  const list = (key: 'debian' | 'brew') => missing.map((each) => each[key]).join(' ');
  return (
    `${namesOf(missing)} not on this machine. Debian, Ubuntu: sudo apt-get install ${list('debian')}; ` +
    `macOS: brew install ${list('brew')}; elsewhere: https://prometheus.io/download/`
  );
}

/** Runs one of the tools. Answers all that it printed, and never rejects for what it found wrong. */
export async function run(file: string, args: readonly string[]): Promise<{ ok: boolean; output: string }> {
  try {
    const { stdout, stderr } = await promisify(execFile)(file, [...args], { timeout: 60_000 });
    return { ok: true, output: stdout + stderr };
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string };
    return { ok: false, output: stdout + stderr || message };
  }
}
