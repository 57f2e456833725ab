import { Logger } from '@nestjs/common';
import { atMost } from '../at-most.js';
import { failpoint } from '../failpoint.js';
import type { UnitOfWork } from '../persistence/unit-of-work.js';
import type { EventEnvelope } from './contract.js';
import type { EventBus } from './event-bus.js';
import type { Inbox } from './inbox.js';
import { publishEvent } from './publish-event.js';

export interface OutboxRow {
  seq: string;
  /** Goes up with each claim: by it a relay knows its own. */
  attempts: number;
  id: string;
  name: string;
  version: number;
  key: string;
  occurred_at: Date;
  correlation_id: string;
  causation_id: string | null;
  traceparent: string | null;
  payload: unknown;
}

const PAGE = 500;
/** Of a lease, the part that a page waits for its deliveries. */
const PATIENCE = 0.5;
/** Deliveries that may be under way: memory has an end. */
const MOST_UNDER_WAY = 5_000;
/** First half of the advisory lock; the schema is the other. */
const CLAIM_LOCK = 7_294_003;

/** An event waits behind an earlier one of its own key, so that the events of an order keep their order. */
const CLAIM = `
  UPDATE outbox SET lease_until = now() + make_interval(secs => $1), attempts = attempts + 1
  WHERE seq IN (
    SELECT seq FROM outbox o WHERE published_at IS NULL AND lease_until < now()
      AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.published_at IS NULL AND e.key = o.key AND e.seq < o.seq
                        AND e.lease_until >= now())
    ORDER BY seq LIMIT ${PAGE} FOR UPDATE SKIP LOCKED)
  RETURNING seq, attempts, id, name, version, key, occurred_at, correlation_id, causation_id, traceparent, payload`;

/**
 * Takes events from a module's outbox to their consumers: those that no writer has in hand. Several relays may share an
 * outbox: rows carry their own lease, so none is lost, and a relay that died is followed by another when its lease is
 * over.
 *
 * A delivery that outlasts a page's patience stays under way and counts whenever it ends. It is not begun again
 * meanwhile: a broker that is slow to confirm would get ever more to do, and no event would ever count as out.
 */
export class OutboxRelay {
  private readonly log = new Logger('OutboxRelay');
  /** By `seq`. */
  private readonly underWay = new Map<string, Promise<void>>();
  /** Delivered, and not yet marked: by `seq`. */
  private delivered: string[] = [];

  constructor(
    private readonly uow: UnitOfWork,
    private readonly bus: Pick<EventBus, 'publish' | 'ready'>,
    private readonly inbox: Inbox,
    /** Hands a parked event to this module's consumer again. False when it failed once more and was parked. */
    private readonly redeliver: (envelope: EventEnvelope) => Promise<boolean>,
    private readonly leaseSeconds: number,
  ) {}

  /** One page of the outbox. Gives how many events went out. */
  async relay(): Promise<number> {
    // Before they are claimed: what has ended meanwhile is not for another round.
    const late = await this.mark();
    if (!this.bus.ready) return late;
    const rows = this.underWay.size < MOST_UNDER_WAY ? await this.claim() : [];
    if (rows.length > 0) failpoint(`${this.uow.module}.outbox.claimed`);
    rows.sort((a, b) => Number(BigInt(a.seq) - BigInt(b.seq)));
    const queues = Map.groupBy(rows, (row) => row.key);
    const page = { over: false };
    const sending = Promise.all([...queues.values()].map((queue) => this.sendInOrder(queue, page)));
    await atMost(this.leaseSeconds * 1000 * PATIENCE, sending);
    page.over = true;
    const out = new Set(this.delivered);
    const done = await this.mark();
    await this.release(rows.filter(({ seq }) => !out.has(seq) && !this.underWay.has(seq)));
    return late + done;
  }

  /** Parked deliveries of this module whose time has come. */
  async retry(): Promise<number> {
    const due = await this.inbox.takeDue(100);
    const delivered = await Promise.all(due.map((envelope) => this.redeliver(envelope)));
    await this.inbox.settle(due.filter((_, index) => delivered[index]));
    return due.length;
  }

  /** What did not go out is soon tried again; the whole lease is for relays that died. Others' claims are theirs. */
  private async release(rows: readonly OutboxRow[]): Promise<void> {
    if (rows.length === 0) return;
    await this.uow.rows(
      `UPDATE outbox SET lease_until = now() + interval '1 second'
       WHERE (seq, attempts) IN (SELECT * FROM unnest($1::bigint[], $2::int[])) AND published_at IS NULL`,
      [rows.map(({ seq }) => seq), rows.map(({ attempts }) => attempts)],
    );
  }

  /** In turns: a relay that cannot see yet what another one is claiming would overtake it within a key. */
  private claim(): Promise<OutboxRow[]> {
    return this.uow.run(async (tx) => {
      await tx.rows('SELECT pg_advisory_xact_lock($1, hashtext(current_schema()))', [CLAIM_LOCK]);
      return tx.rows<OutboxRow>(CLAIM, [this.leaseSeconds]);
    });
  }

  private async sendInOrder(rows: readonly OutboxRow[], page: { over: boolean }): Promise<void> {
    for (const row of rows) {
      if (page.over) return;
      try {
        await this.send(row);
      } catch (error) {
        // It is taken again in a moment; the ones behind it wait.
        this.log.warn(
          { err: error, event_id: row.id },
          `${row.name} could not be handed on; it is tried again soon`,
        );
        return;
      }
    }
  }

  private send(row: OutboxRow): Promise<void> {
    const before = this.underWay.get(row.seq);
    if (before) return before;
    const sending = publishEvent(this.uow.module, this.bus, toEnvelope(row))
      .then(() => void this.delivered.push(row.seq))
      .finally(() => this.underWay.delete(row.seq));
    this.underWay.set(row.seq, sending);
    return sending;
  }

  private async mark(): Promise<number> {
    const seqs = this.delivered.splice(0);
    if (seqs.length === 0) return 0;
    failpoint(`${this.uow.module}.outbox.delivered`);
    try {
      await this.uow.rows('UPDATE outbox SET published_at = now() WHERE seq = ANY($1::bigint[])', [seqs]);
    } catch (error) {
      this.delivered.push(...seqs);
      throw error;
    }
    return seqs.length;
  }
}

export function toEnvelope(row: OutboxRow): EventEnvelope {
  return {
    id: row.id,
    name: row.name,
    version: row.version,
    occurredAt: row.occurred_at.toISOString(),
    correlationId: row.correlation_id,
    causationId: row.causation_id,
    traceparent: row.traceparent,
    payload: row.payload,
  };
}
