import { environment } from './common/config/environment.js';
import { Config, ConfigError } from './common/config/config.js';
import { migrateModule } from './common/persistence/migrate-module.js';
import { createLogger } from './common/telemetry/logger.js';
import { explainBootError } from './boot-errors.js';
import { lacksDatabase, openDatabases } from './databases.js';
import { MODULES, parseModules } from './modules.js';

/**
 * Sees to the schemas and roles of the modules in MODULES, brings them up to date, and ends: a job to run before the
 * processes of a release. They would do the same at their start; after it they can do without the administrator's
 * DATABASE_URL. Takes the environment of a process. Needs neither broker nor gateway, and hands on no events.
 */
async function main(): Promise<void> {
  const config = new Config(environment());
  const modules = parseModules(config.modules);
  if (lacksDatabase(config, modules))
    throw new ConfigError(['DATABASE_URL: needed, since migrations are of a database that is there']);
  const databases = await openDatabases(config, modules, config.databaseUrl);
  const log = createLogger(config.production ? config.logLevel : 'info');
  for (const module of modules) {
    await migrateModule(databases.of(module), await MODULES[module].schema());
    log.info(`The schema of ${module} is up to date`);
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${explainBootError(error, { host: '', port: 0 })}\n`);
  process.exitCode = 1;
});
