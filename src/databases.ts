import type { Config } from './common/config/config.js';
import { isRoleUrl, moduleUrl } from './common/persistence/module-database.js';
import { ModuleDatabases } from './common/persistence/module-databases.js';
import { provision } from './common/persistence/provision.js';
import type { ModuleName } from './modules.js';

/** Whether any of the modules has neither a database of its own nor DATABASE_URL's. */
export function lacksDatabase(config: Config, modules: readonly ModuleName[]): boolean {
  return config.databaseUrl === null && modules.some((module) => config.databaseUrlOf(module) === null);
}

/** Where each module's schema is. With the administrator's URL, schemas and roles in that database are seen to. */
export async function openDatabases(
  config: Config,
  modules: readonly ModuleName[],
  adminUrl: string | null,
): Promise<ModuleDatabases> {
  if (adminUrl !== null) await provisionShared(config, modules, adminUrl);
  const urlOf = (module: ModuleName) => config.databaseUrlOf(module) ?? moduleUrl(module, adminUrl ?? '');
  const poolSize = config.databasePoolSize;
  return new ModuleDatabases(
    new Map(modules.map((module) => [module, { module, url: urlOf(module), poolSize }])),
  );
}

async function provisionShared(
  config: Config,
  modules: readonly ModuleName[],
  adminUrl: string,
): Promise<void> {
  const passwords = new Map<string, string>();
  for (const module of modules) {
    const own = config.databaseUrlOf(module);
    if (own !== null && isRoleUrl(own, module, adminUrl))
      passwords.set(module, decodeURIComponent(new URL(own).password));
  }
  const shared = modules.filter((module) => config.databaseUrlOf(module) === null || passwords.has(module));
  if (shared.length > 0) await provision(adminUrl, shared, passwords);
}
