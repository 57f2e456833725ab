import type { EventEnvelope } from './contract.js';

/** Where events are handed to those who take them in. */
export abstract class EventBus {
  /** False while it is clear that nothing can be published: then the outbox is left alone. */
  abstract get ready(): boolean;

  /**
   * Resolves when every consumer has applied the event or it is durably kept for them; until then it stays in the
   * outbox and is handed on again.
   */
  abstract publish(envelope: EventEnvelope): Promise<void>;

  /** Hands an event to one consumer, that subscribes to it. Resolves as `publish` does. */
  abstract publishTo(consumer: string, envelope: EventEnvelope): Promise<void>;
}
