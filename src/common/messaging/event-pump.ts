import type { OnApplicationBootstrap, OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import type { UnitOfWork } from '../persistence/unit-of-work.js';
import { Poller } from '../poller.js';
import type { EventBus } from './event-bus.js';
import type { Inbox } from './inbox.js';
import type { ModuleTransport } from './module-transport.js';
import type { OutboxEvent } from './outbox.js';
import { OutboxHandover } from './outbox-handover.js';
import { OutboxRelay } from './outbox-relay.js';

/** Keeps a module's events moving: out of its outbox to their consumers, and parked ones back into it. */
export class EventPump implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  private readonly handover: OutboxHandover;
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
    this.handover = new OutboxHandover(uow, bus, leaseSeconds);
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

  /**
   * The parameter of `outboxInsert` for events that this process hands on itself, the fast way: to be followed by
   * `handOn` when they are committed.
   */
  parameter(events: readonly OutboxEvent[]): string {
    return this.handover.parameter(events);
  }

  /** Hands on events that were written with `parameter` and are committed: those that really were written. */
  handOn(events: readonly OutboxEvent[]): void {
    this.handover.handOn(events);
  }

  /** There is something else new in the outbox: saves the wait until the next look. */
  kick(): void {
    this.relaying.kick();
  }

  onModuleInit(): void {
    this.transport.attachInbox(this.inbox);
  }

  async onApplicationBootstrap(): Promise<void> {
    this.relaying.start();
    this.retrying.start();
    await this.handover.start();
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all([this.handover.stop(), this.relaying.stop(), this.retrying.stop()]);
  }
}
