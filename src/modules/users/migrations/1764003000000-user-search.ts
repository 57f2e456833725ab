import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Finds parts of email addresses and names among many users: by all runs of one, two and three letters that are in
 * them. The extension that does as much, pg_trgm, is not the module's to install. Written when somebody registers
 * or changes their name, never by an order.
 */
export class UserSearch1764003000000 implements MigrationInterface {
  name = 'UserSearch1764003000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('SET LOCAL statement_timeout = 0');
    await runner.query(`
      CREATE FUNCTION letter_runs(value text, shortest int) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
        SELECT coalesce(array_agg(DISTINCT substr(value, at, size)), '{}'::text[])
        FROM generate_series(1, length(value)) AS at, generate_series(shortest, 3) AS size
        WHERE at + size - 1 <= length(value)
      $$`);
    // Between the two, what nobody types: no run may reach from one into the other.
    await runner.query(`
      CREATE INDEX users_letter_runs ON users USING gin (letter_runs(email || E'\\n' || lower(name), 1))`);
    await runner.query('ANALYZE users');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only'));
  }
}
