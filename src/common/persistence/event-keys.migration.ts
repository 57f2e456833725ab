import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Finds the events of an order, or of whatever else they tell of, in a log without end. A BRIN index keeps a Bloom
 * filter for each run of pages, written when the run is full: where events are written it costs next to nothing, and
 * to look for a key is to read the filters and a page or two. Source:
 * https://www.postgresql.org/docs/current/brin.html#BRIN-BUILTIN-OPCLASSES
 */
export class EventKeys1764200000000 implements MigrationInterface {
  name = 'EventKeys1764200000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('SET LOCAL statement_timeout = 0');
    await runner.query(`
      CREATE INDEX outbox_keys ON outbox USING brin (key text_bloom_ops (false_positive_rate = 0.001))
      WITH (pages_per_range = 16, autosummarize = on)`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only'));
  }
}
