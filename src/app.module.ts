import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import { HealthModule } from './common/health/health.module.js';
import { MessagingModule } from './common/messaging/messaging.module.js';
import { EventOperationsModule } from './common/messaging/operations/event-operations.module.js';
import { OperationsModule } from './common/operations/operations.module.js';
import { KeySource } from './common/security/key-source.js';
import { RevocationSource } from './common/security/revocation-poll.js';
import { SecurityModule } from './common/security/security.module.js';
import { createLogger } from './common/telemetry/logger.js';
import { CoreModule } from './core.module.js';
import { UsersApi } from './modules/users/users.contract.js';
import { APIS, MODULES, type ModuleName, serviceOf, SUBSCRIBERS } from './modules.js';
import type { Surroundings } from './surroundings.js';
import { WATCHED_METRICS } from './watched-metrics.js';

/** Any process verifies access tokens; only users knows the keys. */
const KEYS_FROM_USERS: Provider = {
  provide: KeySource,
  inject: [UsersApi],
  useFactory: (users: UsersApi): KeySource => ({ keys: async () => (await users.publicKeys({})).keys }),
};

/** Any process refuses ended sessions; only users knows which they are. */
const REVOCATIONS_FROM_USERS: Provider = {
  provide: RevocationSource,
  inject: [UsersApi],
  useFactory: (users: UsersApi): RevocationSource => ({
    recent: async () => {
      const { sessions } = await users.recentRevocations({});
      return sessions.map(({ sessionId, until }) => ({ sessionId, until: new Date(until) }));
    },
  }),
};

/** The application, with the modules that this process hosts. */
@Module({})
export class AppModule {
  static async hosting(
    hosted: readonly ModuleName[],
    { config, databases, broker }: Surroundings,
  ): Promise<DynamicModule> {
    const modules = await Promise.all(hosted.map((name) => MODULES[name].load()));
    const health = HealthModule.forRoot(hosted.map(serviceOf));
    return {
      module: AppModule,
      imports: [
        CoreModule.forRoot(config, databases),
        LoggerModule.forRoot({
          pinoHttp: { logger: createLogger(config.logLevel) },
          forRoutes: [],
        }),
        MessagingModule.forRoot({ apis: APIS, subscribers: SUBSCRIBERS, broker }),
        SecurityModule.forRoot({ keySource: KEYS_FROM_USERS, revocationSource: REVOCATIONS_FROM_USERS }),
        health,
        OperationsModule.forRoot({ modules: hosted, metrics: WATCHED_METRICS }, health),
        EventOperationsModule.forRoot({ subscribers: SUBSCRIBERS, broker }),
        ...modules,
      ],
    };
  }
}
