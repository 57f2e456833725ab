import type { EventEnvelope } from './contract.js';

/** Where the relay of an outbox hands its events. */
export abstract class EventBus {
  /**
   * Resolves when every consumer has applied the event or it is durably kept for them; until then it stays in the
   * outbox and is handed on again.
   */
  abstract publish(envelope: EventEnvelope): Promise<void>;
}
