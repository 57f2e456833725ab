import type { OnApplicationBootstrap, OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import type { UnitOfWork } from '../persistence/unit-of-work.js';
import { Poller } from '../poller.js';
import type { EventBus } from './event-bus.js';
import type { Inbox } from './inbox.js';
import type { ModuleTransport } from './module-transport.js';
import { OutboxRelay } from './outbox-relay.js';

/** Keeps a module's events moving: out of its outbox to their consumers, and parked ones back into it. */
export class EventPump implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  private readonly relaying: Poller;
  private readonly retrying: Poller;

  constructor(
    uow: UnitOfWork,
    private readonly inbox: Inbox,
    private readonly transport: ModuleTransport,
    bus: Pick<EventBus, 'publish' | 'ready'>,
    leaseSeconds: number,
  ) {
    const { module } = uow;
    const relay = new OutboxRelay(
      uow,
      bus,
      inbox,
      (envelope) => transport.deliverOrPark(module, envelope),
      leaseSeconds,
    );
    this.relaying = new Poller({
      name: `outbox relay of ${module}`,
      module,
      intervalMs: 500,
      task: () => relay.relay(),
    });
    this.retrying = new Poller({
      name: `inbox retry of ${module}`,
      module,
      intervalMs: 1000,
      task: () => relay.retry(),
    });
  }

  /** There is something new in the outbox: saves the wait until the next look. */
  kick(): void {
    this.relaying.kick();
  }

  onModuleInit(): void {
    this.transport.attachInbox(this.inbox);
  }

  onApplicationBootstrap(): void {
    this.relaying.start();
    this.retrying.start();
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all([this.relaying.stop(), this.retrying.stop()]);
  }
}
