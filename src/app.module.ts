import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import type { Config } from './common/config/config.js';
import { HealthModule } from './common/health/health.module.js';
import { MessagingModule } from './common/messaging/messaging.module.js';
import type { ModuleDatabases } from './common/persistence/module-databases.js';
import { KeySource } from './common/security/key-source.js';
import { SecurityModule } from './common/security/security.module.js';
import { createLogger } from './common/telemetry/logger.js';
import { CoreModule } from './core.module.js';
import { UsersApi } from './modules/users/users.contract.js';
import { MODULE_NAMES, MODULES, type ModuleName, serviceOf } from './modules.js';

/** Any process verifies access tokens; only users knows the keys. */
const KEYS_FROM_USERS: Provider = {
  provide: KeySource,
  inject: [UsersApi],
  useFactory: (users: UsersApi): KeySource => ({ keys: async () => (await users.publicKeys({})).keys }),
};

/** The application, with the modules that this process hosts. */
@Module({})
export class AppModule {
  static async hosting(
    hosted: readonly ModuleName[],
    config: Config,
    databases: ModuleDatabases,
  ): Promise<DynamicModule> {
    const modules = await Promise.all(hosted.map((name) => MODULES[name].load()));
    return {
      module: AppModule,
      imports: [
        CoreModule.forRoot(config, databases),
        LoggerModule.forRoot({
          pinoHttp: { logger: createLogger(config.logLevel, serviceOf) },
          forRoutes: [],
        }),
        MessagingModule.forRoot(MODULE_NAMES.map((name) => MODULES[name].api)),
        SecurityModule.forRoot({ keySource: KEYS_FROM_USERS }),
        HealthModule,
        ...modules,
      ],
    };
  }
}
