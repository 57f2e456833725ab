import { ENGINE_NAMES, type EngineName } from '../engines/engines.js';
import type { Lab } from '../lab.js';
import { type Part, PARTS } from '../proxy/routes.js';
import { statusTable } from './status-table.js';

export const USAGE = `npm run lab                         start the lab; Ctrl-C ends it
npm run lab -- status               what runs where
npm run lab -- scale orders=3       so many processes of a module
npm run lab -- kill payments        kill -9 one process (payments, payments-2, ${ENGINE_NAMES.join(', ')})
npm run lab -- restart [orders]     end and start them one after the other; with two of a module no request fails
npm run lab -- stop                 end the lab from another terminal`;

type Say = (line: string) => void;

/** Carries out a command on a running lab. @throws when it cannot be done, with the reason */
export async function carryOut(
  lab: Lab,
  [command = '', ...rest]: readonly string[],
  say: Say,
): Promise<void> {
  switch (command) {
    case 'status':
      return say(statusTable(lab.url, lab.engines.all, lab.cluster.status()));
    case 'scale':
      return scale(lab, rest, say);
    case 'kill':
      return kill(lab, rest, say);
    case 'restart':
      return restart(lab, rest, say);
    default:
      throw new Error(`There is no command "${command}":\n${USAGE}`);
  }
}

/** Several at once: `orders=3 payments=2`. */
async function scale(lab: Lab, words: readonly string[], say: Say): Promise<void> {
  if (words.length === 0) throw new Error('Say what to scale, and to how many: scale orders=3');
  const wanted = words.map((word) => {
    const [name = '', number = '', ...more] = word.split('=');
    if (!/^\d+$/.test(number) || more.length > 0) throw new Error(`Not "${word}", but such as orders=3`);
    return { part: partOf(name), replicas: Number(number) };
  });
  for (const { part, replicas } of wanted) {
    await lab.cluster.scale(part, replicas);
    say(`${part}: ${replicas} ${replicas === 1 ? 'process' : 'processes'}`);
  }
}

async function kill(lab: Lab, [target = '', ...more]: readonly string[], say: Say): Promise<void> {
  if (target === '' || more.length > 0) throw new Error('Say what to kill: kill payments');
  const engine = ENGINE_NAMES.find((name): name is EngineName => name === target);
  if (engine) return say(`Killed ${engine} (pid ${await lab.killEngine(engine)}); it comes back by itself`);
  const member = lab.cluster.members.find(({ name }) => name === target);
  const pid = member?.pid;
  if (member) {
    const { exited } = member;
    member.kill();
    await exited;
    return say(`Killed ${member.name} (pid ${pid}); it comes back by itself`);
  }
  const killed = await lab.cluster.kill(partOf(target));
  say(`Killed ${killed.name} (pid ${killed.pid}); it comes back by itself`);
}

async function restart(lab: Lab, [name, ...more]: readonly string[], say: Say): Promise<void> {
  if (more.length > 0) throw new Error('Say one module, or none for all: restart orders');
  await lab.cluster.rollingRestart(name === undefined ? undefined : partOf(name));
  say(`Restarted ${name ?? 'all'}`);
}

function partOf(name: string): Part {
  const part = PARTS.find((each) => each === name);
  if (!part) throw new Error(`"${name}" is none of ${PARTS.join(', ')}`);
  return part;
}
