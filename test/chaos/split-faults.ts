import { setTimeout as sleep } from 'node:timers/promises';
import type { Member } from '../../lab/member.js';
import type { ModuleName } from '../../src/modules.js';
import { eventually } from '../eventually.js';
import type { Random } from './random.js';
import { arm, type SplitStage } from './split-stage.js';

/** How long an engine stays away. */
const AWAY_MS = 2000;
/** Longer than the leases of two seconds. */
const STOPPED_MS = 6000;
const BLOCKED_MS = 3000;
/** For the load to reach a failpoint, and for a process to come back. */
const PATIENCE_MS = 30_000;

export interface Fault {
  name: string;
  /** Calls `hit` at the moment of it; resolves when it has taken effect. */
  strike(stage: SplitStage, hit: () => void): Promise<void>;
  /** What happens while orders are probed already; resolves when nothing more is done to the system. */
  afterwards?(stage: SplitStage, random: Random): Promise<void>;
  /** Puts things back that the next fault would not expect. */
  clearUp?(stage: SplitStage): Promise<void>;
}

/** Where a crash of each process hurts most, and at which time of passing it dies there. */
const POINTS: readonly [ModuleName, string, number][] = [
  ['orders', 'place-order.done.reserve stock', 15],
  ['inventory', 'inventory.call.served', 15],
  ['payments', 'payments.charge.answered', 12],
  ['notifications', 'notifications.event.handled', 20],
  ['users', 'users.call.served', 15],
  ['catalog', 'catalog.call.served', 15],
];

export const FAULTS: readonly Fault[] = [
  ...POINTS.map(([module, point, times]) => ({
    name: `kill -9 of ${module} at ${point}`,
    strike: (stage: SplitStage, hit: () => void) => dieAt(stage, module, `${point}:${times}`).then(hit),
  })),
  {
    name: 'kill -9 of RabbitMQ',
    strike: async ({ rabbit }, hit) => {
      hit();
      await rabbit.kill();
    },
    afterwards: ({ rabbit }) => sleep(AWAY_MS).then(() => rabbit.start()),
  },
  {
    name: 'kill -9 of Redis',
    strike: async ({ redis }, hit) => {
      hit();
      await redis.kill();
    },
    afterwards: ({ redis }) => sleep(AWAY_MS).then(() => redis.start()),
  },
  {
    name: 'immediate stop of PostgreSQL',
    strike: async ({ database }, hit) => {
      hit();
      await database.stopAtOnce();
    },
    afterwards: ({ database }) => sleep(AWAY_MS).then(() => database.startAgain()),
  },
  {
    name: 'all sessions of PostgreSQL ended',
    strike: async ({ database }, hit) => {
      hit();
      await database.endSessions();
    },
  },
  {
    name: 'kill -9 of all six at once',
    strike: async (stage, hit) => {
      hit();
      await killAll(stage);
    },
  },
  {
    name: 'kill -9 of all six, and again while they come back',
    strike: async (stage, hit) => {
      hit();
      await killAll(stage);
    },
    afterwards: async (stage, random) => {
      await until(() => stage.cluster.members.some(({ state }) => state !== 'down'));
      await sleep(random.next() * 3000);
      await killAll(stage);
    },
  },
  {
    name: 'kill -9 of orders, and again when it takes up what is left',
    strike: (stage, hit) => dieAt(stage, 'orders', 'place-order.done.take payment:10').then(hit),
    afterwards: (stage) => dieAt(stage, 'orders', 'orders.completed.after:1'),
  },
  stoppedOwner(),
  {
    name: 'memory alarm of RabbitMQ',
    strike: async ({ rabbit }, hit) => {
      await rabbit.ctl('set_vm_memory_high_watermark', '0.0001');
      hit();
    },
    afterwards: async ({ rabbit }) => {
      await sleep(BLOCKED_MS);
      await rabbit.ctl('set_vm_memory_high_watermark', '0.4');
    },
  },
];

/** With two of them: the other one takes its orders over, and it finds that out when it goes on. */
function stoppedOwner(): Fault {
  let stopped: Member | undefined;
  return {
    name: 'SIGSTOP of one of two orders beyond its leases, and on',
    strike: async ({ cluster }, hit) => {
      await cluster.scale('orders', 2);
      await sleep(500);
      hit();
      stopped = await cluster.kill('orders', 'SIGSTOP');
    },
    afterwards: async () => {
      await sleep(STOPPED_MS);
      stopped?.kill('SIGCONT');
    },
    clearUp: ({ cluster }) => cluster.scale('orders', 1),
  };
}

/** The process of the module goes on until it comes by the failpoint, and ends there. */
async function dieAt(stage: SplitStage, module: ModuleName, failpoint: string): Promise<void> {
  const [member] = stage.cluster.hosting(module);
  await until(() => member?.state === 'ready');
  const exit = member?.exited;
  await arm(stage, module, failpoint);
  const how = await Promise.race([exit, sleep(PATIENCE_MS, 'not hit' as const, { ref: false })]);
  if (how === 'not hit') throw new Error(`${module} never came by ${failpoint}`);
}

async function killAll({ cluster }: SplitStage): Promise<void> {
  const exits = cluster.members.map(({ exited }) => exited);
  for (const member of cluster.members) member.kill();
  await Promise.all(exits);
}

function until(condition: () => boolean): Promise<void> {
  return eventually(() => {
    if (!condition()) throw new Error('It does not come back');
  }, PATIENCE_MS);
}
