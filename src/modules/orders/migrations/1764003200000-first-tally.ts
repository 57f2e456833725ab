import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Counts the orders that were there before the tallies, in a transaction of its own: orders go on being written, and
 * what they have added to the tallies already is taken off again. One statement sees both at one moment.
 */
export class FirstTally1764003200000 implements MigrationInterface {
  name = 'FirstTally1764003200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('SET LOCAL statement_timeout = 0');
    await runner.query(`
      INSERT INTO order_tallies (status, orders)
      SELECT status, sum(n) FROM (
        SELECT status, count(*) AS n FROM orders GROUP BY status
        UNION ALL SELECT status, -sum(orders) FROM order_tallies GROUP BY status) AS o
      GROUP BY status HAVING sum(n) <> 0`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only'));
  }
}
