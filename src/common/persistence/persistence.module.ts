import { type DynamicModule, Module } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource, DataSourceOptions } from 'typeorm';
import { Config } from '../config/config.js';
import { IdempotencyKeys } from '../idempotency/idempotency-keys.js';
import { KeyPruning } from '../idempotency/key-pruning.js';
import { EventBus } from '../messaging/event-bus.js';
import { EventPump } from '../messaging/event-pump.js';
import { Inbox } from '../messaging/inbox.js';
import { ModuleTransport } from '../messaging/module-transport.js';
import { moduleOptions } from './migrate-module.js';
import type { ModuleSchema } from './module-database.js';
import { ModuleDatabases } from './module-databases.js';
import { GaugePoll } from '../telemetry/gauge-poll.js';
import { openDataSource } from './open-data-source.js';
import { outboxGauges, PoolGauges } from './persistence.metrics.js';
import { UnitOfWork } from './unit-of-work.js';

/**
 * A module's own persistence: its TypeORM repositories, its UnitOfWork, Inbox and IdempotencyKeys, and the
 * pump that empties its outbox. Import it once in the module: each importer gets those of its own schema.
 */
@Module({})
export class PersistenceModule {
  static for(module: string, schema: ModuleSchema): DynamicModule {
    const entities = Object.values(schema.entities as Record<string, never>);
    return {
      module: PersistenceModule,
      imports: [
        TypeOrmModule.forRootAsync({
          name: module,
          inject: [ModuleDatabases],
          useFactory: (databases: ModuleDatabases) => ({
            ...moduleOptions(databases.of(module), schema),
            retryAttempts: 0,
          }),
          dataSourceFactory: (options) => openDataSource(options as DataSourceOptions),
        }),
        TypeOrmModule.forFeature(entities, module),
      ],
      providers: [
        {
          provide: UnitOfWork,
          inject: [getDataSourceToken(module)],
          useFactory: (dataSource: DataSource) => new UnitOfWork(module, dataSource),
        },
        { provide: PoolGauges, inject: [UnitOfWork], useFactory: (uow: UnitOfWork) => new PoolGauges(uow) },
        { provide: GaugePoll, inject: [UnitOfWork], useFactory: outboxGauges },
        {
          provide: Inbox,
          inject: [UnitOfWork, Config],
          useFactory: (uow: UnitOfWork, config: Config) => new Inbox(module, uow, config.eventAttempts),
        },
        {
          provide: IdempotencyKeys,
          inject: [UnitOfWork],
          useFactory: (uow: UnitOfWork) => new IdempotencyKeys(uow),
        },
        {
          provide: KeyPruning,
          inject: [IdempotencyKeys],
          useFactory: (keys: IdempotencyKeys) => new KeyPruning(module, keys),
        },
        {
          provide: EventPump,
          inject: [UnitOfWork, Inbox, ModuleTransport, EventBus, Config],
          useFactory: (
            uow: UnitOfWork,
            inbox: Inbox,
            transport: ModuleTransport,
            bus: EventBus,
            config: Config,
          ) => new EventPump(uow, inbox, transport, bus, config.outboxLeaseSeconds),
        },
      ],
      exports: [UnitOfWork, Inbox, IdempotencyKeys, EventPump, TypeOrmModule],
    };
  }
}
