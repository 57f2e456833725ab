import { type DeadLetterList, DeadLetters, type Retried } from './dead-letters.js';
import type { HostedModules } from './hosted-modules.js';

interface DeadRow {
  event_id: string;
  name: string;
  error: string | null;
  attempts: number;
  died_at: Date | null;
  total: string;
}

/** Dead deliveries of a module's inbox table: those of modules that share a process without a broker. */
export class InboxDeadLetters extends DeadLetters {
  constructor(private readonly hosted: HostedModules) {
    super();
  }

  async list(module: string, limit: number): Promise<DeadLetterList> {
    const rows = await this.hosted.of(module).rows<DeadRow>(
      `SELECT event_id, name, error, attempts, died_at, count(*) OVER () AS total
       FROM inbox WHERE state = 'dead' ORDER BY died_at NULLS FIRST, event_id LIMIT $1`,
      [limit],
    );
    const letters = rows.map(({ event_id, name, error, attempts, died_at }) => ({
      eventId: event_id,
      name,
      reason: error ?? 'unknown',
      attempts,
      diedAt: died_at?.toISOString() ?? null,
      keptIn: 'inbox' as const,
    }));
    return { letters, total: Number(rows[0]?.total ?? 0) };
  }

  async count(module: string): Promise<number> {
    const [row] = await this.hosted
      .of(module)
      .rows<{ dead: number }>("SELECT count(*)::float8 AS dead FROM inbox WHERE state = 'dead'");
    return row?.dead ?? 0;
  }

  async retry(module: string, ids: ReadonlySet<string> | null): Promise<Retried> {
    return this.hosted.of(module).run(async (tx) => {
      const retried = await tx.rows(
        `UPDATE inbox SET state = 'waiting', attempts = 0, due_at = now(), died_at = NULL
         WHERE state = 'dead' AND ($1::uuid[] IS NULL OR event_id = ANY($1)) RETURNING event_id`,
        [ids === null ? null : [...ids]],
      );
      const [row] = await tx.rows<{ left: string }>(
        `SELECT count(*) AS left FROM inbox WHERE state = 'dead'`,
      );
      return { retried: retried.length, left: Number(row?.left ?? 0) };
    });
  }
}
