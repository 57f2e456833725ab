import type { WireError } from '../errors/domain-error.js';
import type { Sql } from '../persistence/unit-of-work.js';
import type { SagaRun, SagaStatus } from './saga.js';

interface SagaRow {
  id: string;
  fence: string;
  status: SagaStatus;
  state: unknown;
  failure: WireError | null;
  attempts: number;
  age: number;
}

const RUN =
  'id, fence, status, state, failure, attempts, extract(epoch FROM now() - created_at)::float8 AS age';
const OPEN = "status IN ('running', 'compensating')";
/** Seconds until the next try: 1, 2, 4, 8, then 10 for ever. */
const BACKOFF = 'make_interval(secs => least(10, power(2, least(attempts, 6) - 1)))';

/**
 * The part of a WITH statement that ends sagas under their fences, and gives the ids of those that it ended:
 * `finishSagas('completed', { ids: '$1', fences: '$2' })`. Secrets leave the state with it.
 */
export function finishSagas(
  status: 'completed' | 'compensated',
  parameters: { ids: string; fences: string },
  secrets: readonly string[],
): string {
  const from = status === 'completed' ? "s.status = 'running'" : "s.status IN ('running', 'compensating')";
  const kept = secrets.reduce((state, key) => `${state} - '${key}'`, 's.state');
  return `UPDATE sagas s SET status = '${status}', state = ${kept}, wake_at = NULL
    FROM unnest(${parameters.ids}::uuid[], ${parameters.fences}::bigint[]) AS claim (id, fence)
    WHERE s.id = ANY (${parameters.ids}::uuid[]) AND s.id = claim.id AND s.fence = claim.fence AND ${from} RETURNING s.id`;
}

/** Claims on the sagas of a module. Leases are in database time. */
export class SagaStore {
  constructor(
    private readonly sql: Sql,
    private readonly leaseSeconds: number,
  ) {}

  /** Claims sagas that nobody works on: left behind by a crash, or postponed until now. */
  async claimDue<S>(name: string, limit: number): Promise<SagaRun<S>[]> {
    const rows = await this.sql.rows<SagaRow>(
      `UPDATE sagas SET fence = fence + 1, attempts = attempts + 1, wake_at = now() + make_interval(secs => $2)
       WHERE id IN (SELECT id FROM sagas WHERE ${OPEN} AND wake_at <= now() AND name = $1
                    ORDER BY wake_at LIMIT $3 FOR UPDATE SKIP LOCKED)
       RETURNING ${RUN}`,
      [name, this.leaseSeconds, limit],
    );
    return rows.map(toRun<S>);
  }

  /** Turns a saga back for good, whoever works on it or has ended it, and claims it. Null when there is none. */
  async turnBack<S>(tx: Sql, id: string, failure: WireError): Promise<SagaRun<S> | null> {
    const [row] = await tx.rows<SagaRow>(
      `UPDATE sagas SET status = 'compensating', failure = $2, fence = fence + 1, attempts = attempts + 1,
         wake_at = now() + make_interval(secs => $3)
       WHERE id = $1 AND status <> 'compensated' RETURNING ${RUN}`,
      [id, JSON.stringify(failure), this.leaseSeconds],
    );
    return row ? toRun<S>(row) : null;
  }

  /** Writes the decision to turn back, before the first undo. False when the claim is lost. */
  async decideToCompensate(run: SagaRun<unknown>, failure: WireError): Promise<boolean> {
    const rows = await this.sql.rows(
      `UPDATE sagas SET status = 'compensating', failure = $3, wake_at = now() + make_interval(secs => $4)
       WHERE id = $1 AND fence = $2 AND status = 'running' RETURNING id`,
      [run.id, run.fence, JSON.stringify(failure), this.leaseSeconds],
    );
    return rows.length > 0;
  }

  /** Gives the claim up; a sweeper goes on after a while. */
  async postpone(run: SagaRun<unknown>): Promise<void> {
    await this.sql.rows(
      `UPDATE sagas SET wake_at = now() + ${BACKOFF} WHERE id = $1 AND fence = $2 AND ${OPEN}`,
      [run.id, run.fence],
    );
  }
}

function toRun<S>(row: SagaRow): SagaRun<S> {
  return {
    id: row.id,
    fence: Number(row.fence),
    status: row.status,
    state: row.state as S,
    failure: row.failure,
    attempt: row.attempts,
    ageSeconds: row.age,
  };
}
