import { Injectable } from '@nestjs/common';
import { EventPump } from '../../../common/messaging/event-pump.js';
import { type OutboxEvent, outboxInsert } from '../../../common/messaging/outbox.js';
import { prepared, type Sql, UnitOfWork } from '../../../common/persistence/unit-of-work.js';
import type { Channel } from '../domain/kinds.js';
import type { NotificationStatus } from './notification.entity.js';

/** A notification about to be written. */
export interface NewNotification {
  id: string;
  userId: string;
  orderId: string | null;
  /** What it is about. One notification per occasion, template and channel, however often it is asked for. */
  occasion: string;
  template: string;
  type: Channel;
  subject: string;
  body: string;
  status: NotificationStatus;
  reason: string | null;
  correlationId: string | null;
  traceparent: string | null;
}

/** A notification that is to be sent now, by whoever holds its lease. `attempts` tells this lease from a later one. */
export interface Outgoing {
  id: string;
  userId: string;
  orderId: string | null;
  template: string;
  type: Channel;
  subject: string;
  body: string;
  attempts: number;
  /** Hours since it was written. */
  age: number;
  correlationId: string | null;
  traceparent: string | null;
}

/** Longer than any send can take, so that two never send the same. */
export const LEASE_SECONDS = 60;

const OUTGOING = `id, user_id AS "userId", order_id AS "orderId", template, type, subject, body, attempts,
  extract(epoch FROM now() - created_at)::float8 / 3600 AS age, correlation_id AS "correlationId", traceparent`;

const INSERT = prepared(`
  WITH new AS (
    INSERT INTO notifications (id, user_id, order_id, occasion, template, type, subject, body, status, attempts,
                               due_at, reason, correlation_id, traceparent, settled_at)
    SELECT id, "userId", "orderId", occasion, template, type, subject, body, status, $3,
           CASE WHEN status = 'queued' THEN now() + make_interval(secs => $4) END, reason,
           "correlationId", traceparent, CASE WHEN status <> 'queued' THEN now() END
    FROM json_to_recordset($1::json) AS n (id uuid, "userId" uuid, "orderId" uuid, occasion uuid, template text,
      type text, subject text, body text, status text, reason text, "correlationId" text, traceparent text)
    ON CONFLICT (occasion, template, type) DO NOTHING
    RETURNING id, created_at),
  told AS (${outboxInsert('$2', 'SELECT id FROM new')})
  SELECT id, created_at AS "createdAt" FROM new`);

/** The statements that notifications live by. Times are the database's. */
@Injectable()
export class NotificationStore {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly pump: EventPump,
  ) {}

  /**
   * Writes notifications with the events that tell of them (keyed by notification). Gives those that were new
   * and when they were written: the events of these are to be handed on once it is committed. `held`: the writer
   * itself sends what is queued, within the lease.
   */
  async insert(
    sql: Sql,
    rows: readonly NewNotification[],
    events: readonly OutboxEvent[],
    held = false,
  ): Promise<Map<string, Date>> {
    const written = await sql.rows<{ id: string; createdAt: Date }>(INSERT, [
      JSON.stringify(rows),
      this.pump.parameter(events),
      held ? 1 : 0,
      held ? LEASE_SECONDS : 0,
    ]);
    return new Map(written.map((row) => [row.id, row.createdAt]));
  }

  /** Takes queued notifications whose time has come and leases them to the caller. */
  takeDue(types: readonly Channel[], limit: number): Promise<Outgoing[]> {
    return this.uow.rows<Outgoing & Record<string, unknown>>(
      `UPDATE notifications SET attempts = attempts + 1, due_at = now() + make_interval(secs => ${LEASE_SECONDS})
       WHERE id IN (SELECT id FROM notifications WHERE status = 'queued' AND due_at <= now()
                      AND type = ANY($1) ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED)
       RETURNING ${OUTGOING}`,
      [types, limit],
    );
  }

  /** Writes the outcome and its event, and hands the event on; unless the lease was lost meanwhile. */
  async settle(
    { id, attempts }: Outgoing,
    status: 'sent' | 'failed',
    reason: string | null,
    event: OutboxEvent,
  ): Promise<void> {
    const settled = await this.uow.rows(
      `WITH settled AS (
         UPDATE notifications SET status = $3, reason = $4, due_at = NULL, settled_at = now()
         WHERE id = $1 AND attempts = $2 AND status = 'queued' RETURNING id),
       told AS (${outboxInsert('$5', 'SELECT id FROM settled')})
       SELECT id FROM settled`,
      [id, attempts, status, reason, this.pump.parameter([event])],
    );
    if (settled.length > 0) this.pump.handOn([event]);
  }

  /** Puts a leased notification off. `uncounted`: this was no attempt, the server was not there. */
  async putOff(
    { id, attempts }: Outgoing,
    seconds: number,
    reason: string,
    uncounted = false,
  ): Promise<void> {
    await this.uow.rows(
      `UPDATE notifications SET due_at = now() + make_interval(secs => $3), reason = $4,
         attempts = attempts - $5
       WHERE id = $1 AND attempts = $2 AND status = 'queued'`,
      [id, attempts, seconds, reason, uncounted ? 1 : 0],
    );
  }
}
