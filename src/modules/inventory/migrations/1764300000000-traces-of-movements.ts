import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Leads from a change of the stock to the trace of what brought it about. Older changes have none. */
export class TracesOfMovements1764300000000 implements MigrationInterface {
  name = 'TracesOfMovements1764300000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE movements ADD COLUMN trace_id text');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only'));
  }
}
