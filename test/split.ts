import { Cluster, type ClusterOptions } from '../lab/cluster.js';
import { MODULE_NAMES, MODULES, type ModuleName } from '../src/modules.js';
import { Api } from './api.js';
import { eventually } from './eventually.js';
import type { Waybill } from './harness.js';
import { rabbitForTest, redisForTest } from './services.js';
import { openStores, TEST_ENV, undoable } from './stores.js';

/** Processes by the modules that they host, and how many of each. */
export type Layout = readonly (readonly ModuleName[])[];

const A_PROCESS_EACH: Layout = MODULE_NAMES.map((name) => [name]);

/** A Waybill of real processes behind a proxy. */
export interface SplitWaybill extends Waybill {
  cluster: Cluster;
  /** What each process is told, to start more of them. */
  env: Readonly<Record<string, string>>;
}

export interface SplitOptions {
  /** A process for each module, unless it says otherwise. */
  layout?: Layout;
  replicas?: number;
  /** Settings on top, for every process. */
  env?: Record<string, string>;
  /** Instead of the RabbitMQ that all tests share. */
  rabbitmqUrl?: string;
  redisUrl?: string;
  cluster?: Pick<ClusterOptions, 'nodeArgs' | 'onLine' | 'keepAlive' | 'frontend'>;
}

/** Starts a Waybill as `npm run lab` does: real processes, RabbitMQ and Redis, and a proxy in front. */
export function startSplit(options: SplitOptions = {}): Promise<SplitWaybill> {
  const { layout = A_PROCESS_EACH, replicas = 1, env = {} } = options;
  return undoable(async (undo) => {
    const { folder, ...stores } = await openStores(undo);
    let { rabbitmqUrl, redisUrl } = options;
    if (rabbitmqUrl === undefined) {
      const broker = await rabbitForTest();
      undo.add(() => broker.release());
      rabbitmqUrl = broker.url;
    }
    if (redisUrl === undefined) {
      const redis = await redisForTest();
      undo.add(() => redis.stop());
      redisUrl = redis.url;
    }
    const settings = {
      ...TEST_ENV,
      DATA_DIR: folder,
      DATABASE_URL: stores.databaseUrl,
      GATEWAY_URL: stores.gateway.url,
      RABBITMQ_URL: rabbitmqUrl,
      REDIS_URL: redisUrl,
      // Twelve processes share one small server.
      DATABASE_POOL_SIZE: '5',
      ...env,
    };
    const cluster = await Cluster.start({
      layout: layout.map((modules) => ({ modules, replicas })),
      ...options.cluster,
      env: settings,
    });
    undo.add(() => cluster.stop());
    const api = new Api(cluster.url);
    if (layout.some((modules) => modules.includes('users'))) await untilUsersAreReached(cluster, api);
    return { ...stores, url: cluster.url, api, cluster, env: settings };
  });
}

/**
 * A process that was up before users has found nobody there, and its breaker may be open for two seconds more. Whoever
 * deploys everything at once sees a 503 then; tests begin after that.
 */
async function untilUsersAreReached(cluster: Cluster, api: Api): Promise<void> {
  const authorization = `Bearer ${await api.token('alice')}`;
  await Promise.all(
    cluster.members.map(({ port, modules }) =>
      eventually(async () => {
        const route = MODULES[modules[0] ?? 'orders'].routes[0];
        const { status } = await fetch(`http://127.0.0.1:${port}/api/v1/${route}`, {
          headers: { authorization },
        });
        if (status === 503) throw new Error(`${modules.join()} cannot reach users`);
      }, 30_000),
    ),
  );
}
