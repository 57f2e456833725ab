import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Leads from a charge and from a refund to the trace of the request that asked for it. Older ones have none. */
export class TracesOfPayments1764300000000 implements MigrationInterface {
  name = 'TracesOfPayments1764300000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE payments ADD COLUMN trace_id text');
    await runner.query('ALTER TABLE refunds ADD COLUMN trace_id text');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only'));
  }
}
