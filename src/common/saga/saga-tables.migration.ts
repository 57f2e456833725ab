import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The sagas of a module. `wake_at` is at once the owner's lease and the time of the next try. */
export class SagaTables1764000000001 implements MigrationInterface {
  name = 'SagaTables1764000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE sagas (
        id uuid PRIMARY KEY,
        name text NOT NULL,
        status text NOT NULL DEFAULT 'running'
          CHECK (status IN ('running', 'compensating', 'completed', 'compensated')),
        state jsonb NOT NULL,
        failure jsonb,
        fence bigint NOT NULL DEFAULT 1,
        attempts int NOT NULL DEFAULT 1,
        wake_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now()
      ) WITH (fillfactor = 80)`);
    await runner.query(
      "CREATE INDEX sagas_due ON sagas (wake_at) WHERE status IN ('running', 'compensating')",
    );
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only'));
  }
}
