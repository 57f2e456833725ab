import { Logger } from '@nestjs/common';
import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { atMost } from '../at-most.js';
import { failpoint } from '../failpoint.js';
import { array, prepared, type UnitOfWork } from '../persistence/unit-of-work.js';
import { Poller } from '../poller.js';
import type { EventEnvelope } from './contract.js';
import type { EventBus } from './event-bus.js';
import { LeftKeys } from './left-keys.js';
import { type OutboxEvent, outboxParameter } from './outbox.js';
import { publishEvent } from './publish-event.js';

/** Of one module, those that wait to be marked included. Past this, events are left to their lease and the relay: memory has an end, the outbox has none. */
const MOST_IN_HAND = 5_000;
/**
 * Of a lease, the part in which a delivery may begin: the rest is for it and for its mark. One that takes longer goes on
 * and counts when it ends, while a relay delivers too.
 */
const MINE = 0.5;
/** Events marked in one statement. */
const PAGE = 1_000;
/** Milliseconds that the end waits for deliveries under way. */
const STOP_MS = 5000;

const MARK = prepared(`UPDATE outbox SET published_at = now() WHERE id = ANY (${array('$1', 'uuid')})`);

/**
 * Hands on the events that this process has just written, out of memory: each row is born leased to its writer, so
 * that no relay has to claim it and read it back. What is not handed on for any reason (a crash, a broker that is
 * away, too much in hand, too late) is taken up by a relay when its lease is over, as any other row.
 *
 * Events of one key go out one after the other. Behind one that was left to the relays, later ones are left too, until
 * it is out: those that are written meanwhile have no lease, and the relays take them up in their order.
 */
export class OutboxHandover {
  private readonly log = new Logger('OutboxHandover');
  /** Of each key under way: the end of its last event. */
  private readonly tails = new Map<string, Promise<void>>();
  private readonly left: LeftKeys;
  private inHand = 0;
  private stopping = false;
  private delivered: string[] = [];
  private readonly marking: Poller;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly bus: Pick<EventBus, 'publish' | 'ready'>,
    private readonly leaseSeconds: number,
  ) {
    this.left = new LeftKeys(uow);
    this.marking = new Poller({
      name: `outbox marking of ${uow.module}`,
      module: uow.module,
      intervalMs: 500,
      task: async () => {
        const marked = await this.mark();
        // While the broker is away nothing leaves the outbox.
        if (this.bus.ready) await this.left.look();
        return marked;
      },
    });
  }

  async start(): Promise<void> {
    this.left.distrust();
    // What it cannot be told now it is told while marking.
    await this.left.look().catch(() => undefined);
    this.marking.start();
  }

  /** Lets what is in hand go out, and marks it. What cannot be marked by then is handed on once more by a relay. */
  async stop(): Promise<void> {
    // What is written from now on is for the relays: under traffic this would never end else.
    this.stopping = true;
    await atMost(STOP_MS, this.emptied());
    await this.marking.stop();
    while ((await this.mark().catch(() => 0)) > 0);
  }

  private async emptied(): Promise<void> {
    while (this.tails.size > 0) await Promise.allSettled(this.tails.values());
  }

  /** As `outboxParameter`, for events that `handOn` will be told of once they are committed. */
  parameter(events: readonly OutboxEvent[]): string {
    const mineUntil = this.takes(events.length) ? performance.now() + this.leaseSeconds * 1000 * MINE : 0;
    for (const event of events) event.mineUntil = this.left.has(event.key) ? 0 : mineUntil;
    return outboxParameter(events, this.leaseSeconds);
  }

  /** To be called once they are committed, and only then. */
  handOn(events: readonly OutboxEvent[]): void {
    if (events.length === 0) return;
    if (this.takes(events.length)) {
      failpoint(`${this.uow.module}.outbox.claimed`);
      for (const event of events) this.append(event);
    } else for (const { key } of events) this.left.add(key);
  }

  private takes(more: number): boolean {
    const inHand = this.inHand + this.delivered.length;
    return !this.stopping && this.bus.ready && inHand + more <= MOST_IN_HAND;
  }

  private append({ key, mineUntil, ...envelope }: OutboxEvent): void {
    this.inHand += 1;
    const before = this.tails.get(key);
    const mine = before
      ? before.then(() => this.deliver(key, mineUntil, envelope))
      : this.deliver(key, mineUntil, envelope);
    this.tails.set(key, mine);
    void mine.then(() => {
      this.inHand -= 1;
      if (this.tails.get(key) === mine) this.tails.delete(key);
    });
  }

  private async deliver(key: string, mineUntil: number, envelope: EventEnvelope): Promise<void> {
    if (this.left.has(key) || performance.now() > mineUntil) return this.left.add(key);
    try {
      await context.with(ROOT_CONTEXT, () => publishEvent(this.uow.module, this.bus, envelope));
    } catch (error) {
      this.left.add(key);
      this.log.warn(
        { err: error, event_id: envelope.id },
        `${envelope.name} could not be handed on; it is tried again when its lease is over`,
      );
      return;
    }
    this.delivered.push(envelope.id);
    this.marking.kick();
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
