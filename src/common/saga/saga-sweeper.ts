import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { Poller } from '../poller.js';
import { serviceOf } from '../telemetry/names.js';
import { recovered } from './saga.metrics.js';
import type { SagaRunner } from './saga-runner.js';

const AT_ONCE = 50;

/** Looks for ever, in every process that hosts the module, for sagas that were left behind. */
export class SagaSweeper implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly poller: Poller;

  constructor(module: string, runner: SagaRunner<never>) {
    recovered.startAtZero(serviceOf(module));
    this.poller = new Poller({
      name: `saga sweeper of ${module}`,
      module,
      intervalMs: 500,
      task: () => runner.sweep(AT_ONCE),
    });
  }

  onApplicationBootstrap(): void {
    this.poller.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.poller.stop();
  }
}
