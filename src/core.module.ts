import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Clock, SystemClock } from './common/clock.js';
import { Config } from './common/config/config.js';
import { Lifecycle } from './common/health/lifecycle.js';
import { ModuleDatabases } from './common/persistence/module-databases.js';
import { RedisModule } from './common/redis/redis.module.js';

/** What every module may have injected. */
@Global()
@Module({})
export class CoreModule {
  static forRoot(config: Config, databases: ModuleDatabases): DynamicModule {
    return {
      module: CoreModule,
      imports: [RedisModule],
      providers: [
        { provide: Config, useValue: config },
        { provide: ModuleDatabases, useValue: databases },
        { provide: Lifecycle, useValue: new Lifecycle() },
        { provide: Clock, useClass: SystemClock },
      ],
      exports: [Config, ModuleDatabases, Lifecycle, Clock],
    };
  }
}
