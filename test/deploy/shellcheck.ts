import { findAptGet, installByApt } from '../../lab/services/apt.js';
import { findProgram, type Machine, thisMachine } from '../../lab/services/programs.js';

const HOW =
  'shellcheck is not on this machine. Debian, Ubuntu: sudo apt-get install shellcheck; macOS: brew install shellcheck';

/** @throws with how to install it */
export function shellcheck(machine: Machine = thisMachine()): string {
  const found = findProgram('shellcheck', machine);
  if (!found) throw new Error(HOW);
  return found;
}

/** Makes sure that this machine has it: as root on Debian, by apt-get. @throws as `shellcheck` does */
export async function installShellcheck(
  say: (line: string) => void,
  machine: Machine = thisMachine(),
): Promise<void> {
  if (findProgram('shellcheck', machine)) return;
  const aptGet = machine.root ? findAptGet(machine) : undefined;
  if (!aptGet) throw new Error(HOW);
  say('shellcheck is not on this machine: apt-get installs it (once)');
  await installByApt(aptGet, ['shellcheck'], machine);
  shellcheck(machine);
}
