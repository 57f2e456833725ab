import { type Browser, chromium } from 'playwright-core';
import { findAptGet, installByApt } from '../../lab/services/apt.js';
import { findProgram, type Machine, thisMachine } from '../../lab/services/programs.js';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const ON_MACOS: Machine = {
  path: '',
  folders: ['/Applications/Google Chrome.app/Contents/MacOS', '/Applications/Chromium.app/Contents/MacOS'],
  root: false,
  policyFile: '',
};

const HOW =
  'Chromium is not on this machine. Debian: sudo apt-get install chromium; macOS: brew install --cask chromium; ' +
  'elsewhere: https://www.chromium.org/getting-involved/download-chromium/';

function find(machine: Machine): string | undefined {
  const onPath = NAMES.map((name) => findProgram(name, machine));
  const onMac = ['Google Chrome', 'Chromium'].map((name) => findProgram(name, ON_MACOS));
  return [...onPath, ...onMac].find((file) => file !== undefined);
}

/** Makes sure that this machine has it: as root on Debian, by apt-get. @throws with what to install */
export async function installChromium(say: (line: string) => void, machine = thisMachine()): Promise<void> {
  if (find(machine)) return;
  const aptGet = machine.root ? findAptGet(machine) : undefined;
  if (!aptGet) throw new Error(HOW);
  say('Chromium is not on this machine: apt-get installs chromium (a minute or two, once)');
  await installByApt(aptGet, ['chromium'], machine);
}

/** The system's Chromium. As root it cannot have its sandbox; the pages are our own. @throws with what to install */
export function startChromium(machine = thisMachine()): Promise<Browser> {
  const executablePath = find(machine);
  if (executablePath === undefined) throw new Error(HOW);
  return chromium.launch({ executablePath, args: machine.root ? ['--no-sandbox'] : [] });
}
