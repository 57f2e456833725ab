import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What looking into events needs: when one was given up, and ways to find a time, and the dead, in long tables. */
export class EventOperations1764001000000 implements MigrationInterface {
  name = 'EventOperations1764001000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE inbox ADD COLUMN died_at timestamptz');
    await runner.query("CREATE INDEX inbox_dead ON inbox (died_at, event_id) WHERE state = 'dead'");
    // Rows come nearly in the order of their time: then this index costs next to nothing where they are written.
    await runner.query('CREATE INDEX outbox_occurred ON outbox USING brin (occurred_at)');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only'));
  }
}
