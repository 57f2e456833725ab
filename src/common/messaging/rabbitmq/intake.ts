import type { BeforeApplicationShutdown } from '@nestjs/common';
import type { Api, Subscriber } from '../contract.js';
import type { ModuleTransport } from '../module-transport.js';
import type { Broker } from './broker.js';
import { CallReceiver } from './call-receiver.js';
import { EventConsumer } from './event-consumer.js';
import type { Publisher } from './publisher.js';

/** Milliseconds that a lost consumer has to be back in. */
const PATIENCE_MS = 5000;

/** All that comes to this process through the broker: calls to the modules that it hosts, and events for them. */
export class Intake implements BeforeApplicationShutdown {
  private consumers: (CallReceiver | EventConsumer)[] = [];
  private complete = false;
  private incompleteSince: number | null = null;

  constructor(
    private readonly broker: Broker,
    private readonly publisher: Publisher,
    private readonly transport: ModuleTransport,
    private readonly eventAttempts: number,
  ) {}

  /** Begins to take in work. Everything that handles it must be in place. */
  start(hosted: readonly Api[], subscribers: readonly Subscriber[]): void {
    const names = new Set(hosted.map(({ moduleName }) => moduleName));
    this.consumers = [
      ...hosted.filter(({ calls }) => Object.keys(calls).length > 0).map((api) => this.receiver(api)),
      ...subscribers
        .filter(({ module, consumes }) => names.has(module) && consumes.length > 0)
        .map((subscriber) => this.consumer(subscriber)),
    ];
  }

  /**
   * Null when this process may be sent work; else what is missing. It must have had all its channels and consumers
   * once, and must not lose one for good: a consumer that the broker has cancelled only looks alive. While the whole
   * broker is away nobody else could do better, and what needs no other module still works.
   */
  trouble(): string | null {
    const missing = this.missing();
    this.complete ||= missing === null;
    if (missing === null || (this.complete && !this.broker.connected)) this.incompleteSince = null;
    else this.incompleteSince ??= performance.now();
    if (this.incompleteSince === null) return null;
    const patience = this.complete ? PATIENCE_MS : 0;
    return performance.now() - this.incompleteSince < patience ? null : missing;
  }

  /** Takes no more, and waits for what is in hand: its databases are still there. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.consumers.map((consumer) => consumer.stop()));
  }

  private missing(): string | null {
    const dead = this.consumers.filter(({ live }) => !live).length;
    if (dead > 0) return `${dead} of ${this.consumers.length} consumers are not set up`;
    return this.broker.complete ? null : 'Not all channels to RabbitMQ are set up';
  }

  private receiver(api: Api): CallReceiver {
    const once = Object.values(api.calls).filter(({ idempotent }) => !idempotent);
    return new CallReceiver(
      this.broker,
      api.moduleName,
      new Set(once.map(({ pattern }) => pattern)),
      (pattern, input) => this.transport.call(pattern, input),
    );
  }

  private consumer(subscriber: Subscriber): EventConsumer {
    return new EventConsumer(
      this.broker,
      subscriber,
      this.publisher,
      (module, envelope) => this.transport.deliver(module, envelope),
      this.eventAttempts,
    );
  }
}
