import { Logger } from '@nestjs/common';
import { Unavailable } from '../errors/common.errors.js';
import { failpoint } from '../failpoint.js';
import { arrays, prepared, type Tx, type UnitOfWork } from '../persistence/unit-of-work.js';
import type { EventEnvelope } from './contract.js';
import { failureReason } from './failure-reason.js';
import { eventsConsumed } from './messaging.metrics.js';
import { subjectsIn } from '../telemetry/names.js';
import { runAs, tellAbout } from '../telemetry/work-context.js';

/** The waits double from 1 s to 5 min. */
const BACKOFF = `make_interval(secs => least(300, power(2, inbox.attempts - 1)))`;
const IS_DEAD = `inbox.attempts + $6 >= $5 OR inbox.received_at < now() - interval '1 day'`;

const CLAIM = prepared(`
  INSERT INTO inbox (event_id, name, state)
  SELECT id, name, 'done' FROM unnest(${arrays(1, 'uuid', 'text')}) AS e (id, name) ORDER BY id
  ON CONFLICT (event_id) DO UPDATE SET
    state = 'done', envelope = NULL, due_at = NULL, error = NULL, died_at = NULL
    WHERE inbox.state <> 'done'
  RETURNING event_id`);

interface DueRow {
  event_id: string;
  envelope: EventEnvelope;
}

/**
 * A module's memory of the events it has taken in: delivered at least once, applied once. A delivery that
 * fails is kept here with its reason and tried again later, so that the ones behind it flow.
 */
export class Inbox {
  private readonly log = new Logger('Inbox');

  constructor(
    readonly module: string,
    private readonly uow: UnitOfWork,
    /** A delivery that failed this often is dead: it waits for a person. */
    private readonly maxAttempts: number,
  ) {}

  /**
   * Marks events as taken in, within the transaction of their effect, and gives those that were not before.
   * Only for these may the effect be applied.
   */
  async claim<E extends EventEnvelope>(tx: Tx, events: readonly E[]): Promise<E[]> {
    const unique = [...new Map(events.map((each) => [each.id, each])).values()];
    const rows = await tx.rows<{ event_id: string }>(CLAIM, [
      unique.map((each) => each.id),
      unique.map((each) => each.name),
    ]);
    failpoint(`${this.module}.inbox.claimed`);
    const fresh = new Set(rows.map((row) => row.event_id));
    return unique.filter((each) => fresh.has(each.id));
  }

  /**
   * Keeps a delivery that failed. Resolves only when it is durable. What was away comes back: for a day that is not
   * held against the event.
   */
  park(envelope: EventEnvelope, error: unknown): Promise<void> {
    // In a process of several modules it is the relay of another one that finds out.
    return runAs(this.module, () => this.keep(envelope, error));
  }

  private async keep(envelope: EventEnvelope, error: unknown): Promise<void> {
    tellAbout({ event_id: envelope.id, ...subjectsIn(envelope.payload) });
    const reason = failureReason(error);
    const counts = error instanceof Unavailable ? 0 : 1;
    const [row] = await this.uow.rows<{ state: string }>(
      `INSERT INTO inbox (event_id, name, attempts, state, due_at, died_at, error, envelope)
       VALUES ($1, $2, $6::int, CASE WHEN $6 >= $5::int THEN 'dead' ELSE 'waiting' END,
               now() + interval '1 second', CASE WHEN $6 >= $5 THEN now() END, $3, $4)
       ON CONFLICT (event_id) DO UPDATE SET
         attempts = inbox.attempts + $6, error = excluded.error,
         due_at = now() + CASE WHEN $6 = 0 THEN interval '10 seconds' ELSE ${BACKOFF} END,
         state = CASE WHEN ${IS_DEAD} THEN 'dead' ELSE 'waiting' END,
         died_at = CASE WHEN ${IS_DEAD} THEN now() END
         WHERE inbox.state <> 'done'
       RETURNING state`,
      [envelope.id, envelope.name, reason, JSON.stringify(envelope), this.maxAttempts, counts],
    );
    const what = `${this.module} could not take in ${envelope.name} (event ${envelope.id}): ${reason}`;
    if (row?.state === 'dead') eventsConsumed.inc({ event: envelope.name, outcome: 'dead' });
    if (row?.state === 'dead') this.log.error(`${what}. Given up: it is a dead letter`);
    else this.log.warn(`${what}. It is tried again`);
  }

  /** Parked deliveries whose time has come, leased for 30 s. */
  async takeDue(limit: number): Promise<EventEnvelope[]> {
    const rows = await this.uow.rows<DueRow>(
      `UPDATE inbox SET due_at = now() + interval '30 seconds'
       WHERE event_id IN (SELECT event_id FROM inbox WHERE state = 'waiting' AND due_at <= now()
                          ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED)
       RETURNING event_id, envelope`,
      [limit],
    );
    return rows.map((row) => row.envelope);
  }

  /** Delivered at last. Does what `claim` has not done already: a handler without an effect needs no claim. */
  async settle(events: readonly EventEnvelope[]): Promise<void> {
    if (events.length === 0) return;
    await this.uow.rows(
      `UPDATE inbox SET state = 'done', envelope = NULL, due_at = NULL, error = NULL
       WHERE event_id = ANY($1::uuid[]) AND state = 'waiting'`,
      [events.map((each) => each.id)],
    );
  }
}
