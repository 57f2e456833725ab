import type { MigrationInterface, QueryRunner } from 'typeorm';

export class UsersTables1764000100000 implements MigrationInterface {
  name = 'UsersTables1764000100000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE users (
        id uuid PRIMARY KEY,
        email text NOT NULL CONSTRAINT users_email UNIQUE CHECK (email = lower(email) AND length(email) <= 254),
        name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
        password_hash text NOT NULL,
        roles text[] NOT NULL CHECK (cardinality(roles) > 0 AND roles <@ ARRAY['customer', 'staff', 'admin']),
        status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(
      "CREATE INDEX users_admins ON users (id) WHERE status = 'active' AND 'admin' = ANY (roles)",
    );
    await runner.query(`
      CREATE TABLE sessions (
        id uuid PRIMARY KEY,
        user_id uuid NOT NULL REFERENCES users (id),
        user_agent text,
        address text,
        created_at timestamptz NOT NULL DEFAULT now(),
        last_used_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        ended_at timestamptz,
        end_reason text,
        CHECK ((ended_at IS NULL) = (end_reason IS NULL))
      )`);
    await runner.query('CREATE INDEX sessions_open ON sessions (user_id, id) WHERE ended_at IS NULL');
    await runner.query('CREATE INDEX sessions_ended ON sessions (ended_at) WHERE ended_at IS NOT NULL');
    await runner.query(
      'CREATE INDEX sessions_ended_of ON sessions (user_id, ended_at) WHERE ended_at IS NOT NULL',
    );
    await runner.query('CREATE INDEX sessions_expiry ON sessions (expires_at)');
    // All tokens of a session are its family. Used ones stay, so that a copy that comes back is recognised.
    await runner.query(`
      CREATE TABLE refresh_tokens (
        hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
        session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
        created_at timestamptz NOT NULL DEFAULT now(),
        used_at timestamptz
      )`);
    await runner.query('CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id)');
    await runner.query(
      'CREATE INDEX refresh_tokens_used ON refresh_tokens (used_at) WHERE used_at IS NOT NULL',
    );
    await runner.query(`
      CREATE TABLE signing_keys (
        kid text PRIMARY KEY,
        private_jwk jsonb NOT NULL,
        public_jwk jsonb NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        active_from timestamptz NOT NULL DEFAULT now(),
        retired_at timestamptz
      )`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only'));
  }
}
