import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * How many orders there are in each state: the sum of `order_tallies` (docs/adr/0020). Each statement that writes
 * orders adds one row for each state whose number it changes, however many orders it writes, and nobody waits for
 * anybody. By triggers, so that it holds while the last release still runs, and for what is written by hand.
 */
export class OrderTallies1764003100000 implements MigrationInterface {
  name = 'OrderTallies1764003100000';

  async up(runner: QueryRunner): Promise<void> {
    // Named with its schema: whoever writes orders may have another search path.
    const [{ tallies }] = (await runner.query(
      "SELECT format('%I.order_tallies', current_schema()) AS tallies",
    )) as [{ tallies: string }];
    await runner.query('CREATE TABLE order_tallies (status text NOT NULL, orders bigint NOT NULL)');
    await runner.query(`
      CREATE FUNCTION tally_new_orders() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO ${tallies} (status, orders) SELECT status, count(*) FROM fresh GROUP BY status;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE FUNCTION tally_changed_orders() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO ${tallies} (status, orders)
        SELECT status, sum(n) FROM (SELECT status, 1 AS n FROM fresh UNION ALL SELECT status, -1 FROM stale) AS o
        GROUP BY status HAVING sum(n) <> 0;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE TRIGGER orders_tally_new AFTER INSERT ON orders REFERENCING NEW TABLE AS fresh
      FOR EACH STATEMENT EXECUTE FUNCTION tally_new_orders()`);
    await runner.query(`
      CREATE TRIGGER orders_tally_changed AFTER UPDATE ON orders REFERENCING OLD TABLE AS stale NEW TABLE AS fresh
      FOR EACH STATEMENT EXECUTE FUNCTION tally_changed_orders()`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only'));
  }
}
