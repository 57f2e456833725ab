import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { UnitOfWork } from '../../../common/persistence/unit-of-work.js';
import { Poller } from '../../../common/poller.js';
import { SessionStore } from './session-store.js';

const HOUR_MS = 3_600_000;

/** Forgets sessions and refresh tokens that nothing depends on any more. */
@Injectable()
export class SessionPruner implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly pruning: Poller;

  constructor(uow: UnitOfWork, store: SessionStore) {
    const task = () => store.prune(uow);
    this.pruning = new Poller({ name: 'session pruning', module: uow.module, intervalMs: HOUR_MS, task });
  }

  onApplicationBootstrap(): void {
    this.pruning.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.pruning.stop();
  }
}
