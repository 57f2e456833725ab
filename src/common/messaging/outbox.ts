import { newId } from '../ids.js';
import type { Sql } from '../persistence/unit-of-work.js';
import { currentTraceparent, currentWork } from '../telemetry/work-context.js';
import type { EventEnvelope, EventType, PayloadOf } from './contract.js';

/** An event on its way into the outbox: the envelope and the aggregate that orders it. */
export interface OutboxEvent extends EventEnvelope {
  key: string;
  /** Until when whoever writes it may hand it on itself, by the clock of `performance.now()`; 0 when it is for a relay. */
  mineUntil: number;
}

const checked = new WeakSet<WeakKey>();

/** Whether a payload is as `newEvent` has checked it: in the process that made it, nobody has to check it again. */
export function isChecked(payload: unknown): boolean {
  return typeof payload === 'object' && payload !== null && checked.has(payload);
}

/**
 * Makes an event ready to be written, in the context of the work that caused it. Make it where the request is
 * handled, not inside a grouped write: a batch belongs to many traces.
 */
export function newEvent<E extends EventType>(type: E, payload: PayloadOf<E>): OutboxEvent {
  const id = newId();
  const parsed = type.payload.parse(payload);
  if (typeof parsed === 'object' && parsed !== null) checked.add(parsed);
  const work = currentWork();
  return {
    id,
    name: type.name,
    version: type.version,
    key: type.key(payload),
    mineUntil: 0,
    occurredAt: new Date().toISOString(),
    correlationId: work.correlationId || id,
    causationId: work.causationId,
    traceparent: currentTraceparent(),
    payload: parsed,
  };
}

const COLUMNS = 'id, name, version, key, occurred_at, correlation_id, causation_id, traceparent, payload';

/**
 * The part of a WITH statement that writes events beside other rows: `outboxInsert('$3')`. With `only`, an
 * event is written only if its key is among the ids of that query: `outboxInsert('$3', 'SELECT id FROM won')`.
 * The parameter is what `outboxParameter` gives; with a lease, events are the writer's to hand on, so long
 * from the statement on: their transaction may have waited for locks before.
 */
export function outboxInsert(parameter: string, only?: string): string {
  return `INSERT INTO outbox (${COLUMNS}, attempts, lease_until)
    SELECT ${COLUMNS}, (lease IS NOT NULL)::int, CASE WHEN lease IS NULL THEN '-infinity' ELSE clock_timestamp() + make_interval(secs => lease) END
    FROM jsonb_to_recordset(${parameter}::jsonb) AS e (
      id uuid, name text, version int, key text, occurred_at timestamptz,
      correlation_id text, causation_id text, traceparent text, payload jsonb, lease float8)
    ${only ? `WHERE e.key IN (SELECT w.id::text FROM (${only}) AS w)` : ''}`;
}

export function outboxParameter(events: readonly OutboxEvent[], leaseSeconds: number | null = null): string {
  return JSON.stringify(
    events.map((each) => ({
      id: each.id,
      name: each.name,
      version: each.version,
      key: each.key,
      occurred_at: each.occurredAt,
      correlation_id: each.correlationId,
      causation_id: each.causationId,
      traceparent: each.traceparent,
      payload: each.payload,
      lease: each.mineUntil > 0 ? leaseSeconds : null,
    })),
  );
}

/** Writes events in the transaction that makes the change they tell of. */
export async function appendEvents(tx: Sql, events: readonly OutboxEvent[]): Promise<void> {
  if (events.length > 0) await tx.rows(outboxInsert('$1'), [outboxParameter(events)]);
}
