import { Module } from '@nestjs/common';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import { register } from 'prom-client';
import { MetricsController } from './metrics.controller.js';

/** Metrics belong to the process: a second application in it (tests) finds them registered. */
const collected = register.getSingleMetric('process_cpu_seconds_total') !== undefined;

@Module({
  imports: [
    PrometheusModule.register({
      controller: MetricsController,
      // The controller names its own routes.
      path: '/',
      defaultMetrics: { enabled: !collected },
    }),
  ],
})
export class MetricsModule {}
