import { type DynamicModule, Module } from '@nestjs/common';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import { MetricsController } from './metrics.controller.js';
import { collectProcessMetrics } from './process-metrics.js';
import { DROP_REASONS, spansDropped } from './telemetry.metrics.js';

/** Serves the process's metrics. What is measured lies beside what measures it, in `*.metrics.ts`. */
@Module({})
export class MetricsModule {
  static forRoot(services: readonly string[]): DynamicModule {
    collectProcessMetrics(services);
    for (const service of services) spansDropped.startAtZero(service, DROP_REASONS);
    return {
      module: MetricsModule,
      imports: [
        PrometheusModule.register({
          controller: MetricsController,
          // The controller names its own routes.
          path: '/',
          defaultMetrics: { enabled: false },
        }),
      ],
    };
  }
}
