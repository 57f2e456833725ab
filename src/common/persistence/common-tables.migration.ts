import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The tables that every module has: its outbox (also the log of its events), its inbox and its idempotency keys.
 */
export class CommonTables1764000000000 implements MigrationInterface {
  name = 'CommonTables1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE outbox (
        seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        id uuid NOT NULL UNIQUE,
        name text NOT NULL,
        version int NOT NULL,
        key text NOT NULL,
        occurred_at timestamptz NOT NULL,
        correlation_id text NOT NULL,
        causation_id text,
        traceparent text,
        payload jsonb NOT NULL,
        lease_until timestamptz NOT NULL DEFAULT '-infinity',
        attempts int NOT NULL DEFAULT 0,
        published_at timestamptz
      )`);
    await runner.query('CREATE INDEX outbox_pending ON outbox (seq) WHERE published_at IS NULL');
    await runner.query('CREATE INDEX outbox_pending_key ON outbox (key, seq) WHERE published_at IS NULL');
    await runner.query(`
      CREATE TABLE inbox (
        event_id uuid PRIMARY KEY,
        name text NOT NULL,
        state text NOT NULL CHECK (state IN ('done', 'waiting', 'dead')),
        attempts int NOT NULL DEFAULT 1,
        due_at timestamptz,
        error text,
        envelope jsonb,
        received_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query("CREATE INDEX inbox_waiting ON inbox (due_at) WHERE state = 'waiting'");
    await runner.query(`
      CREATE TABLE idempotency_keys (
        scope text NOT NULL,
        key text NOT NULL,
        request_hash text NOT NULL,
        resource_id uuid,
        status int,
        answer jsonb,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (scope, key)
      )`);
    await runner.query('CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at)');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only'));
  }
}
