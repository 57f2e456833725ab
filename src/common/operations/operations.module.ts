import { type DynamicModule, Global, Module } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Config } from '../config/config.js';
import { Lifecycle } from '../health/lifecycle.js';
import { Readiness } from '../health/readiness.js';
import { RedisLink } from '../redis/redis-link.js';
import { LabSwitches } from './lab-switches.js';
import { OperationsChannel } from './operations-channel.js';
import { OperationsDesk } from './operations-desk.js';
import { Reporter, type ReporterOptions } from './reporter.js';

/** How the system is, for people who watch it: docs/adr/0025. */
@Global()
@Module({})
export class OperationsModule {
  static forRoot(options: ReporterOptions, health: DynamicModule): DynamicModule {
    return {
      module: OperationsModule,
      imports: [health],
      providers: [
        {
          provide: OperationsChannel,
          inject: [RedisLink],
          useFactory: (link: RedisLink | null) => new OperationsChannel(link),
        },
        {
          provide: Reporter,
          inject: [OperationsChannel, Lifecycle, Readiness, HttpAdapterHost],
          useFactory: (
            channel: OperationsChannel,
            lifecycle: Lifecycle,
            readiness: Readiness,
            host: HttpAdapterHost,
          ) => new Reporter(options, channel, lifecycle, readiness, host),
        },
        {
          provide: OperationsDesk,
          inject: [OperationsChannel, Config],
          useFactory: (channel: OperationsChannel, { labSwitches }: Config) =>
            new OperationsDesk(channel, labSwitches),
        },
        {
          provide: LabSwitches,
          inject: [Config, OperationsChannel, Reporter],
          useFactory: ({ labSwitches }: Config, channel: OperationsChannel, reporter: Reporter) =>
            new LabSwitches(labSwitches, channel, reporter),
        },
      ],
      exports: [OperationsDesk, LabSwitches, Reporter],
    };
  }
}
