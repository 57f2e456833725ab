import { createHash } from 'node:crypto';
import type { Sql, Tx, UnitOfWork } from '../persistence/unit-of-work.js';
import { IdempotencyErrors } from './idempotency.errors.js';

/** A request that must take effect once: who asks, under which key, for what. */
export interface KeyedRequest {
  /** The user, and the operation so that a key used twice for different things does no harm. */
  scope: string;
  key: string;
  /** Of `requestHash`. */
  hash: string;
}

/** The first answer, as it was given. `body` is JSON: a resource, or a problem when `status` is 400 or more. */
export interface KeptAnswer {
  status: number;
  body: unknown;
}

interface KeyRow {
  request_hash: string;
  resource_id: string | null;
  status: number | null;
  answer: unknown;
}

/**
 * The lock is what tells a key that is at work from one that is done: the insert alone would wait, and hold a
 * connection meanwhile. It goes with the transaction.
 */
const TAKE = `
  WITH turn AS MATERIALIZED (
    SELECT pg_try_advisory_xact_lock(hashtextextended(current_schema() || ' ' || $1 || ' ' || $2, 0)) AS mine
  ), made AS (
    INSERT INTO idempotency_keys (scope, key, request_hash, resource_id)
    SELECT $1, $2, $3, $4::uuid FROM turn WHERE mine ON CONFLICT (scope, key) DO NOTHING RETURNING key
  )
  SELECT mine, EXISTS (SELECT 1 FROM made) AS taken FROM turn`;

/** A hash of a request's JSON that does not depend on the order of its fields. */
export function requestHash(body: unknown): string {
  return createHash('sha256').update(canonical(body)).digest('base64url');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(',')}}`;
}

/**
 * A module's idempotency keys, kept for 24 hours at least. The same key and request answers the first answer
 * again; another request under it is KEY_REUSED; while the first is in flight it is IN_FLIGHT.
 */
export class IdempotencyKeys {
  constructor(private readonly uow: UnitOfWork) {}

  /**
   * Takes the key within the transaction of the effect: null when it is new and the caller goes on, else the
   * answer to give again. IN_FLIGHT while another transaction is at work under the key.
   *
   * When the effect outlives the transaction (a call to a gateway), `resourceId` says what is being made, and
   * `keep` is called later.
   */
  async take(tx: Tx, request: KeyedRequest, resourceId: string | null = null): Promise<KeptAnswer | null> {
    const [turn] = await tx.rows<{ mine: boolean; taken: boolean }>(TAKE, [
      request.scope,
      request.key,
      request.hash,
      resourceId,
    ]);
    if (!turn?.mine) throw IdempotencyErrors.IN_FLIGHT();
    return turn.taken ? null : this.answerAgain(tx, request);
  }

  /** The answer of a key that is taken, or the refusal. Null when the key is free. */
  async find(sql: Sql, request: KeyedRequest): Promise<KeptAnswer | null> {
    const [row] = await sql.rows<KeyRow>(
      'SELECT request_hash, resource_id, status, answer FROM idempotency_keys WHERE scope = $1 AND key = $2',
      [request.scope, request.key],
    );
    if (!row) return null;
    if (row.request_hash !== request.hash) throw IdempotencyErrors.KEY_REUSED();
    if (row.status === null) throw IdempotencyErrors.IN_FLIGHT();
    return { status: row.status, body: row.answer };
  }

  /** Keeps the answer, so that it can be given again. */
  async keep(sql: Sql, request: Pick<KeyedRequest, 'scope' | 'key'>, answer: KeptAnswer): Promise<void> {
    await sql.rows('UPDATE idempotency_keys SET status = $3, answer = $4 WHERE scope = $1 AND key = $2', [
      request.scope,
      request.key,
      answer.status,
      JSON.stringify(answer.body),
    ]);
  }

  /** Frees a key whose effect did not take place, so that the same request runs anew. */
  async forget(sql: Sql, { scope, key }: Pick<KeyedRequest, 'scope' | 'key'>): Promise<void> {
    await sql.rows('DELETE FROM idempotency_keys WHERE scope = $1 AND key = $2', [scope, key]);
  }

  /** Forgets keys older than a day. Gives how many. */
  async prune(): Promise<number> {
    const rows = await this.uow.rows(
      `DELETE FROM idempotency_keys WHERE (scope, key) IN (
         SELECT scope, key FROM idempotency_keys WHERE created_at < now() - interval '25 hours' LIMIT 1000)
       RETURNING key`,
    );
    return rows.length;
  }

  private async answerAgain(tx: Tx, request: KeyedRequest): Promise<KeptAnswer> {
    const answer = await this.find(tx, request);
    if (!answer) throw IdempotencyErrors.IN_FLIGHT();
    return answer;
  }
}
