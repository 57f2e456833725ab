import { join } from 'node:path';
import { Config } from './common/config/config.js';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from './common/persistence/embedded/embedded-postgres.js';
import { moduleUrl } from './common/persistence/module-database.js';
import { ModuleDatabases } from './common/persistence/module-databases.js';
import { provision } from './common/persistence/provision.js';
import { type MockGateway, startMockGateway } from './mock-gateway-process.js';
import { type ModuleName, parseModules } from './modules.js';

/** What a process needs around it before the application can be made. */
export interface Surroundings {
  config: Config;
  databases: ModuleDatabases;
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
  const postgres = needsEmbedded(config, modules) ? await startPostgres(config, log) : null;
  let gateway: MockGateway | null = null;
  try {
    const databases = await openDatabases(config, modules, postgres?.url ?? config.databaseUrl);
    if (!config.gatewayUrl && modules.includes('payments')) {
      gateway = await startMockGateway(join(config.dataDir, 'gateway', 'ledger.jsonl'));
    }
    return {
      config: new Config({ ...env, GATEWAY_URL: gateway?.url ?? env['GATEWAY_URL'] }),
      databases,
      close: async () => {
        await gateway?.stop();
        await postgres?.stop();
      },
    };
  } catch (error) {
    await gateway?.stop();
    await postgres?.stop();
    throw error;
  }
}

function needsEmbedded(config: Config, modules: readonly ModuleName[]): boolean {
  return config.databaseUrl === null && modules.some((module) => config.databaseUrlOf(module) === null);
}

function startPostgres(config: Config, log: (line: string) => void): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({ dataDir: join(config.dataDir, 'postgres'), log });
}

async function openDatabases(
  config: Config,
  modules: readonly ModuleName[],
  adminUrl: string | null,
): Promise<ModuleDatabases> {
  const shared = modules.filter((module) => config.databaseUrlOf(module) === null);
  if (adminUrl !== null && shared.length > 0) await provision(adminUrl, shared);
  const urlOf = (module: ModuleName) => config.databaseUrlOf(module) ?? moduleUrl(module, adminUrl ?? '');
  return new ModuleDatabases(
    new Map(
      modules.map((module) => [module, { module, url: urlOf(module), poolSize: config.databasePoolSize }]),
    ),
  );
}
