import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { Poller } from '../poller.js';
import type { IdempotencyKeys } from './idempotency-keys.js';

/** Forgets a module's idempotency keys once nobody may count on them any more. */
export class KeyPruning implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly poller: Poller;

  constructor(module: string, keys: IdempotencyKeys) {
    this.poller = new Poller({
      name: `pruning of idempotency keys of ${module}`,
      module,
      intervalMs: 60_000,
      task: () => keys.prune(),
    });
  }

  onApplicationBootstrap(): void {
    this.poller.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.poller.stop();
  }
}
