import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * An order is written again soon after it was written, and a few times more in its life. With room for it in its page
 * none of that touches an index (a "heap-only" update); what was updated leaves its place to the next update.
 */
export class RoomForUpdates1764100000000 implements MigrationInterface {
  name = 'RoomForUpdates1764100000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE orders SET (fillfactor = 50)');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only'));
  }
}
