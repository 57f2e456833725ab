import { Logger } from '@nestjs/common';
import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { failpoint } from '../failpoint.js';
import { array, prepared, type UnitOfWork } from '../persistence/unit-of-work.js';
import { Poller } from '../poller.js';
import type { EventEnvelope } from './contract.js';
import type { EventBus } from './event-bus.js';
import { type OutboxEvent, outboxParameter } from './outbox.js';
import { publishEvent } from './publish-event.js';

/** Of one module, those that wait to be marked included. Past this, events are left to their lease and the relay: memory has an end, the outbox has none. */
const MOST_IN_HAND = 5_000;
/** Of a lease, the part in which a delivery may begin: the rest is for it and for its mark, or a relay delivers too. */
const MINE = 0.5;
/** Events marked in one statement. */
const PAGE = 1_000;

const MARK = prepared(`UPDATE outbox SET published_at = now() WHERE id = ANY (${array('$1', 'uuid')})`);

/**
 * Hands on the events that this process has just written, out of memory: each row is born leased to its writer, so
 * that no relay has to claim it and read it back. What is not handed on for any reason (a crash, a broker that is
 * away, too much in hand, too late) is taken up by a relay when its lease is over, as any other row.
 *
 * Events of one key go out one after the other, while all of them do go out: behind one that is left to a relay, a
 * later one may overtake it.
 */
export class OutboxHandover {
  private readonly log = new Logger('OutboxHandover');
  /** Of each key under way: whether all its events so far went out. */
  private readonly tails = new Map<string, Promise<boolean>>();
  private inHand = 0;
  private stopping = false;
  private delivered: string[] = [];
  private readonly marking: Poller;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly bus: Pick<EventBus, 'publish' | 'ready'>,
    private readonly leaseSeconds: number,
  ) {
    this.marking = new Poller({
      name: `outbox marking of ${uow.module}`,
      module: uow.module,
      intervalMs: 500,
      task: () => this.mark(),
    });
  }

  start(): void {
    this.marking.start();
  }

  /** Lets what is in hand go out, and marks it. What cannot be marked now is handed on once more by a relay. */
  async stop(): Promise<void> {
    // What is written from now on waits for its lease: under traffic this would never end else.
    this.stopping = true;
    while (this.tails.size > 0) await Promise.allSettled(this.tails.values());
    await this.marking.stop();
    while ((await this.mark().catch(() => 0)) > 0);
  }

  /** As `outboxParameter`, for events that `handOn` will be told of once they are committed. */
  parameter(events: readonly OutboxEvent[]): string {
    const mineUntil = performance.now() + this.leaseSeconds * 1000 * MINE;
    for (const event of events) event.mineUntil = mineUntil;
    return outboxParameter(events, this.leaseSeconds);
  }

  /** To be called once they are committed, and only then. */
  handOn(events: readonly OutboxEvent[]): void {
    const most = MOST_IN_HAND - this.delivered.length;
    if (this.stopping || !this.bus.ready || this.inHand + events.length > most) return;
    if (events.length > 0) failpoint(`${this.uow.module}.outbox.claimed`);
    for (const event of events) this.append(event);
  }

  private append({ key, mineUntil, ...envelope }: OutboxEvent): void {
    this.inHand += 1;
    const before = this.tails.get(key);
    const mine = before
      ? before.then((well) => well && this.deliver(envelope, mineUntil))
      : this.deliver(envelope, mineUntil);
    this.tails.set(key, mine);
    void mine.then(() => {
      this.inHand -= 1;
      if (this.tails.get(key) === mine) this.tails.delete(key);
    });
  }

  /** False when it did not go out: then neither do those behind it, and a relay takes them all up in their order. */
  private async deliver(envelope: EventEnvelope, mineUntil: number): Promise<boolean> {
    if (performance.now() > mineUntil) return false;
    try {
      await context.with(ROOT_CONTEXT, () => publishEvent(this.uow.module, this.bus, envelope));
    } catch (error) {
      this.log.warn(
        { err: error, event_id: envelope.id },
        `${envelope.name} could not be handed on; it is tried again when its lease is over`,
      );
      return false;
    }
    this.delivered.push(envelope.id);
    this.marking.kick();
    return true;
  }

  private async mark(): Promise<number> {
    const ids = this.delivered.splice(0, PAGE);
    if (ids.length === 0) return 0;
    failpoint(`${this.uow.module}.outbox.delivered`);
    try {
      await this.uow.rows(MARK, [ids]);
    } catch (error) {
      this.delivered.push(...ids);
      throw error;
    }
    return ids.length;
  }
}
