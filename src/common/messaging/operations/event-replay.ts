import { encodeCursor } from '../../http/paging.js';
import type { EventType, Subscriber } from '../contract.js';
import type { EventBus } from '../event-bus.js';
import { type OutboxRow, toEnvelope } from '../outbox-relay.js';
import { EventErrors } from './event.errors.js';
import { type EventLog, type EventRange, placeOf } from './event-log.js';

/** Events that are on their way at a time. */
const PAGE = 200;
/** Milliseconds after which a replay answers how far it came, so that no request is held open for long. */
const LONGEST_MS = 5000;

export interface Replay extends EventRange {
  /** The module that gets the events again. */
  consumer: string;
  /** At most so many events. */
  limit: number;
  /** Where an earlier replay stopped. */
  cursor?: string | undefined;
}

export interface Replayed {
  /** How many events were handed on. */
  events: number;
  /** Where to go on; null when that was all. */
  nextCursor: string | null;
}

/** Hands events of the past to one consumer again. What it has applied already, its inbox passes over. */
export class EventReplay {
  constructor(
    private readonly subscribers: readonly Subscriber[],
    private readonly bus: Pick<EventBus, 'publishTo'>,
    private readonly longestMs: number = LONGEST_MS,
  ) {}

  /** In the order of the log for each key. Throws NOT_CONSUMED, and Unavailable when the broker is away. */
  async replay(
    module: string,
    log: EventLog,
    { consumer, limit, cursor, ...range }: Replay,
  ): Promise<Replayed> {
    const types = this.typesFor(module, consumer, range.name);
    const end = performance.now() + this.longestMs;
    let after = cursor === undefined ? 0 : placeOf(cursor);
    let events = 0;
    do {
      const wanted = Math.min(PAGE, limit - events);
      const rows = await log.published(types, range, after, wanted);
      await this.hand(consumer, rows);
      events += rows.length;
      after = Number(rows.at(-1)?.seq ?? after);
      if (rows.length < wanted) return { events, nextCursor: null };
    } while (events < limit && performance.now() < end);
    return { events, nextCursor: encodeCursor([after]) };
  }

  /** The events of the module that the consumer takes in. */
  private typesFor(module: string, consumer: string, name?: string): EventType[] {
    const consumes = this.subscribers.find((each) => each.module === consumer)?.consumes ?? [];
    const types = consumes.filter((type) => type.module === module);
    const wanted = types.filter((type) => name === undefined || type.name === name);
    if (wanted.length > 0) return wanted;
    throw EventErrors.NOT_CONSUMED(
      `${consumer} does not take in ${name ?? `any event of ${module}`}. ${this.whoDoes(module, name)}`,
    );
  }

  private whoDoes(module: string, name?: string): string {
    const others = this.subscribers
      .filter(({ consumes }) =>
        consumes.some((type) => type.module === module && (name === undefined || type.name === name)),
      )
      .map((each) => each.module);
    return others.length === 0 ? 'Nobody does' : `These do: ${others.join(', ')}`;
  }

  private async hand(consumer: string, rows: readonly OutboxRow[]): Promise<void> {
    const queues = Map.groupBy(rows, (row) => row.key);
    await Promise.all(
      [...queues.values()].map(async (queue) => {
        for (const row of queue) await this.bus.publishTo(consumer, toEnvelope(row));
      }),
    );
  }
}
