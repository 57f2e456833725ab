import { join } from 'node:path';
import { Config, ConfigError } from './common/config/config.js';
import { Broker } from './common/messaging/rabbitmq/broker.js';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from './common/persistence/embedded/embedded-postgres.js';
import type { ModuleDatabases } from './common/persistence/module-databases.js';
import { type MockGateway, startMockGateway } from './mock-gateway-process.js';
import { lacksDatabase, openDatabases } from './databases.js';
import { MODULE_NAMES, type ModuleName, parseModules } from './modules.js';

/** What a process needs around it before the application can be made. */
export interface Surroundings {
  config: Config;
  databases: ModuleDatabases;
  /** The way to modules of other processes; null without RABBITMQ_URL. */
  broker: Broker | null;
  close(): Promise<void>;
}

/**
 * Finds the engines that the configuration names and starts those that it leaves out: an embedded PostgreSQL
 * when there is no DATABASE_URL, a mock payment gateway when there is no GATEWAY_URL.
 */
export async function openSurroundings(
  env: Record<string, string | undefined>,
  log: (line: string) => void,
): Promise<Surroundings> {
  const config = new Config(env);
  const modules = parseModules(config.modules);
  requireReachable(config, modules);
  const postgres = lacksDatabase(config, modules) ? await startPostgres(config, log) : null;
  let gateway: MockGateway | null = null;
  let broker: Broker | null = null;
  const close = async () => {
    await broker?.close();
    await gateway?.stop();
    await postgres?.stop();
  };
  try {
    broker = await connectBroker(config, modules);
    const databases = await openDatabases(config, modules, postgres?.url ?? config.databaseUrl);
    if (!config.gatewayUrl && modules.includes('payments')) {
      gateway = await startMockGateway(join(config.dataDir, 'gateway', 'ledger.jsonl'));
    }
    return {
      config: new Config({ ...env, GATEWAY_URL: gateway?.url ?? env['GATEWAY_URL'] }),
      databases,
      broker,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Throws unless every module is hosted here or within reach, as far as the configuration goes. */
function requireReachable(config: Config, hosted: readonly ModuleName[]): void {
  const { rabbitmqUrl, gatewayUrl } = config;
  const away = MODULE_NAMES.filter((name) => !hosted.includes(name));
  const problems = [];
  if (away.length > 0 && rabbitmqUrl === null)
    problems.push(
      `MODULES leaves out ${away.join(', ')}: set RABBITMQ_URL, so that other processes can be asked, or host them here too`,
    );
  const shared = away.length > 0 || rabbitmqUrl !== null;
  if (shared && lacksDatabase(config, hosted))
    problems.push(
      'DATABASE_URL: needed where there may be several processes, since all replicas of a module must use the same database',
    );
  if (shared && hosted.includes('payments') && gatewayUrl === null)
    problems.push(
      'GATEWAY_URL: needed where there may be several processes, since all replicas of payments must use the same gateway (npm run lab starts a mock one)',
    );
  if (problems.length > 0) throw new ConfigError(problems);
}

async function connectBroker(config: Config, hosted: readonly ModuleName[]): Promise<Broker | null> {
  if (config.rabbitmqUrl === null) return null;
  const broker = new Broker(config.rabbitmqUrl, `waybill ${hosted.join('+')}`);
  try {
    await broker.connect();
    return broker;
  } catch (error) {
    await broker.close();
    throw error;
  }
}

function startPostgres(config: Config, log: (line: string) => void): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({ dataDir: join(config.dataDir, 'postgres'), log });
}
