import { type DynamicModule, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { MetricsModule } from '../telemetry/metrics.module.js';
import { HealthController } from './health.controller.js';
import { Readiness } from './readiness.js';

/** What every process tells of itself, whichever modules it hosts: liveness, readiness, metrics. */
@Module({})
export class HealthModule {
  static forRoot(services: readonly string[]): DynamicModule {
    return {
      module: HealthModule,
      // Terminus would log every refused probe; Readiness logs when it changes.
      imports: [DiscoveryModule, TerminusModule.forRoot({ logger: false }), MetricsModule.forRoot(services)],
      controllers: [HealthController],
      providers: [Readiness],
      exports: [Readiness],
    };
  }
}
