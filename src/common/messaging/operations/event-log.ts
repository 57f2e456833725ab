import { z } from 'zod';
import { decodeCursor, type Page, toPage } from '../../http/paging.js';
import type { Sql } from '../../persistence/unit-of-work.js';
import { traceOf } from '../../telemetry/work-context.js';
import type { EventEnvelope, EventType } from '../contract.js';
import { type OutboxRow, toEnvelope } from '../outbox-relay.js';
import { EventErrors } from './event.errors.js';

/** Which events, of those that a module has told. Times are RFC 3339; `to` itself is not included. */
export interface EventRange {
  from?: string | undefined;
  to?: string | undefined;
  name?: string | undefined;
  key?: string | undefined;
  ids?: readonly string[] | undefined;
}

export interface EventQuery extends Omit<EventRange, 'ids'> {
  state?: 'pending' | 'published' | undefined;
  limit: number;
  cursor?: string | undefined;
}

/** An event in a list: all but its payload. */
export interface LoggedEvent {
  id: string;
  name: string;
  version: number;
  key: string;
  occurredAt: string;
  correlationId: string;
  traceId: string | null;
  /** Null while it waits to be handed on. */
  publishedAt: string | null;
  /** How often it was tried to hand it on. */
  attempts: number;
}

export interface WholeEvent extends Pick<LoggedEvent, 'key' | 'publishedAt' | 'attempts'> {
  envelope: EventEnvelope;
}

interface LogRow extends OutboxRow {
  published_at: Date | null;
  attempts: number;
}

/** The place of an event in its module's log. */
const Cursor = z.tuple([z.int().min(0)]);

const IN_RANGE = `($1::timestamptz IS NULL OR occurred_at >= $1) AND ($2::timestamptz IS NULL OR occurred_at < $2)
  AND ($3::text IS NULL OR name = $3) AND ($4::text IS NULL OR key = $4)`;

/** A module's outbox, read as the log of all that it has told. */
export class EventLog {
  constructor(private readonly sql: Sql) {}

  /** A page of the log, the newest first. */
  async list({ state, limit, cursor, ...range }: EventQuery): Promise<Page<LoggedEvent>> {
    const [before] = cursor === undefined ? [null] : decodeCursor(cursor, Cursor);
    const rows = await this.sql.rows<LogRow>(
      `SELECT * FROM outbox WHERE ${IN_RANGE} AND ($5::bigint IS NULL OR seq < $5)
         AND ($6::boolean IS NULL OR (published_at IS NOT NULL) = $6)
       ORDER BY seq DESC LIMIT $7`,
      [...valuesOf(range), before, state === undefined ? null : state === 'published', limit + 1],
    );
    return toPage(rows, limit, ({ seq }) => [Number(seq)], toLoggedEvent);
  }

  /** Throws NOT_FOUND. */
  async get(id: string): Promise<WholeEvent> {
    const [row] = await this.sql.rows<LogRow>('SELECT * FROM outbox WHERE id = $1', [id]);
    if (!row) throw EventErrors.NOT_FOUND(`${id} is not in the log of this module`);
    const { key, publishedAt, attempts } = toLoggedEvent(row);
    return { envelope: toEnvelope(row), key, publishedAt, attempts };
  }

  /**
   * Events of these types, the oldest first, after a place in the log. Those that wait to be handed on are left
   * out: they come by themselves.
   */
  published(
    types: readonly EventType[],
    range: EventRange,
    after: number,
    limit: number,
  ): Promise<OutboxRow[]> {
    return this.sql.rows<OutboxRow>(
      `SELECT * FROM outbox WHERE ${IN_RANGE} AND ($5::uuid[] IS NULL OR id = ANY($5)) AND seq > $6
         AND published_at IS NOT NULL AND (name, version) IN (SELECT * FROM unnest($7::text[], $8::int[]))
       ORDER BY seq LIMIT $9`,
      [
        ...valuesOf(range),
        range.ids ?? null,
        after,
        types.map(({ name }) => name),
        types.map(({ version }) => version),
        limit,
      ],
    );
  }
}

/** Throws INVALID_CURSOR. */
export function placeOf(cursor: string): number {
  return decodeCursor(cursor, Cursor)[0];
}

function valuesOf({ from = null, to = null, name = null, key = null }: NullableRange): unknown[] {
  return [from, to, name, key];
}

type NullableRange = { [K in Exclude<keyof EventRange, 'ids'>]?: string | null | undefined };

function toLoggedEvent(row: LogRow): LoggedEvent {
  const { id, name, version, key, attempts } = row;
  return {
    id,
    name,
    version,
    key,
    occurredAt: row.occurred_at.toISOString(),
    correlationId: row.correlation_id,
    traceId: traceOf(row.traceparent),
    publishedAt: row.published_at?.toISOString() ?? null,
    attempts,
  };
}
