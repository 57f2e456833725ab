import { appendFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Cluster } from '../../lab/cluster.js';
import type { LocalService } from '../../lab/services/local-service.js';
import { type RabbitMq, startRabbitMq } from '../../lab/services/rabbitmq.js';
import { startRedis } from '../../lab/services/redis.js';
import { MODULE_NAMES, type ModuleName } from '../../src/modules.js';
import { eventually } from '../eventually.js';
import { temporaryFolder } from '../folder.js';
import { undoable } from '../stores.js';
import type { BrokerOptions } from './broker-view.js';
import { Database } from './database.js';
import type { Footprint } from './evidence.js';
import { INSPECTABLE, Inspector } from './inspector.js';
import { startGateway } from './stage.js';
import { TEST_ENV } from './waybill-process.js';

const POOL_SIZE = 5;
const ALL_READY_MS = 60_000;

/** A file that gets what the processes print, to find out what happened. */
const LOG = process.env['CHAOS_LOG'];

/** A Waybill of a process for each module behind a proxy, and all that it stands on, each to be killed. */
export interface SplitStage {
  url: string;
  gatewayUrl: string;
  cluster: Cluster;
  database: Database;
  rabbit: RabbitMq;
  redis: LocalService;
  /** Where the inspector of a process listens, in its own words, by its name. */
  inspectors: ReadonlyMap<string, string>;
  stop(): Promise<void>;
}

export function openSplitStage(): Promise<SplitStage> {
  return undoable(async (undo) => {
    const folder = await temporaryFolder('split');
    undo.add(() => rm(folder, { recursive: true, force: true }));
    const [database, rabbit, redis, gateway] = await Promise.all([
      Database.start(join(folder, 'postgres')),
      startRabbitMq({ folder: join(folder, 'rabbit') }),
      startRedis({ folder: join(folder, 'redis') }),
      startGateway(join(folder, 'ledger.jsonl')),
    ]);
    for (const each of [database, rabbit, redis, gateway]) undo.add(() => each.stop());
    const inspectors = new Map<string, string>();
    const onLine = (name: string, line: string) => {
      if (line.startsWith('Debugger listening')) inspectors.set(name, line);
      if (LOG) appendFileSync(LOG, `${new Date().toISOString()} ${name} ${line}\n`);
    };
    const cluster = await Cluster.start({
      layout: MODULE_NAMES.map((name) => ({ modules: [name] })),
      nodeArgs: [INSPECTABLE],
      onLine,
      env: {
        ...TEST_ENV,
        LOG_LEVEL: LOG ? 'warn' : 'error',
        DATA_DIR: folder,
        DATABASE_URL: database.url,
        DATABASE_POOL_SIZE: String(POOL_SIZE),
        RABBITMQ_URL: rabbit.url,
        REDIS_URL: redis.url,
        GATEWAY_URL: gateway.url,
        GATEWAY_TIMEOUT_MS: '600',
      },
    });
    undo.add(() => cluster.stop());
    return { url: cluster.url, gatewayUrl: gateway.url, cluster, database, rabbit, redis, inspectors };
  });
}

/** All processes run and are ready. */
export function isWhole({ cluster }: SplitStage): boolean {
  return cluster.members.every(({ state }) => state === 'ready');
}

/** Arms a failpoint in the process of a module. */
export async function arm(stage: SplitStage, module: ModuleName, failpoint: string): Promise<void> {
  await inspected(stage, module, (inspector) => inspector.arm(failpoint));
}

/** What the process of each module takes of the machine. */
export async function footprints(stage: SplitStage): Promise<Map<string, Footprint>> {
  return new Map(
    await Promise.all(
      MODULE_NAMES.map(
        async (module): Promise<[string, Footprint]> => [
          module,
          await inspected(stage, module, (inspector) => inspector.footprint()),
        ],
      ),
    ),
  );
}

/** What the broker must have, by the processes that there are. */
export function brokerOptions({ cluster, rabbit }: SplitStage): BrokerOptions {
  const replicas = Object.fromEntries(MODULE_NAMES.map((name) => [name, cluster.hosting(name).length]));
  return { url: rabbit.url, replicas, unacknowledged: () => unacknowledged(rabbit) };
}

/** How many sessions the modules may have. */
export function pools({ cluster }: SplitStage): Record<string, number> {
  return Object.fromEntries(
    MODULE_NAMES.map((name) => [`waybill-${name}`, POOL_SIZE * cluster.hosting(name).length]),
  );
}

/** Asked of the channels: what quorum queues tell of it is seconds old. */
async function unacknowledged(rabbit: RabbitMq): Promise<number> {
  const lines = await rabbit.ctl('list_channels', 'messages_unacknowledged');
  return lines.split('\n').reduce((sum, line) => sum + Number(line), 0);
}

async function inspected<T>(
  { cluster, inspectors }: SplitStage,
  module: ModuleName,
  use: (inspector: Inspector) => Promise<T>,
): Promise<T> {
  const member = await eventually(() => {
    const ready = cluster.hosting(module).find(({ state }) => state === 'ready');
    if (!ready) throw new Error(`No process of ${module} is ready`);
    return ready;
  }, ALL_READY_MS);
  const inspector = await Inspector.attach({ output: inspectors.get(member.name) ?? '' });
  try {
    return await use(inspector);
  } finally {
    // Node does not end a process, not even by a signal, before its inspector has gone.
    inspector.close();
  }
}
