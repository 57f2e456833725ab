import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Payments and what was paid back of them. Few indexes, since each order writes its payment twice: the one on
 * the order also sees to it that the workflow pays for an order once, and leads by its gateway key.
 */
export class PaymentsTables1764000300000 implements MigrationInterface {
  name = 'PaymentsTables1764000300000';

  async up(runner: QueryRunner): Promise<void> {
    await this.createPayments(runner);
    await this.createRefunds(runner);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only'));
  }

  private async createPayments(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE payments (
        id uuid PRIMARY KEY,
        order_id uuid NOT NULL,
        user_id uuid,
        kind text NOT NULL CHECK (kind IN ('workflow', 'manual')),
        amount bigint NOT NULL CHECK (amount >= 0),
        currency text NOT NULL,
        refunded bigint NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND amount),
        method text NOT NULL,
        status text NOT NULL CHECK (
          status IN ('pending', 'captured', 'declined', 'unknown', 'refunded', 'partially_refunded')),
        gateway_key text NOT NULL GENERATED ALWAYS AS (
          CASE kind WHEN 'workflow' THEN 'order:' || order_id::text ELSE 'manual:' || id::text END) STORED,
        gateway_reference text,
        reason text,
        cancelled boolean NOT NULL DEFAULT false,
        attempts int NOT NULL DEFAULT 1,
        checks int NOT NULL DEFAULT 0,
        due_at timestamptz NOT NULL,
        last_error text,
        request_scope text,
        request_key text,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        updated_at timestamptz(3) NOT NULL DEFAULT now(),
        CHECK ((refunded > 0) = (status IN ('refunded', 'partially_refunded'))),
        CHECK (status <> 'refunded' OR refunded = amount),
        CHECK (status <> 'partially_refunded' OR refunded < amount),
        -- A cancellation that came before the charge: a tombstone that refuses it.
        CHECK (user_id IS NOT NULL OR (cancelled AND status = 'declined'))
      )`);
    await runner.query(`
      CREATE UNIQUE INDEX payments_order ON payments
        (order_id, (CASE kind WHEN 'workflow' THEN order_id ELSE id END))`);
    await runner.query('CREATE INDEX payments_newest ON payments (created_at, id)');
    await runner.query('CREATE INDEX payments_of_user ON payments (user_id, created_at, id)');
    await runner.query(
      "CREATE INDEX payments_not_captured ON payments (status, created_at, id) WHERE status <> 'captured'",
    );
  }

  private async createRefunds(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE refunds (
        id uuid PRIMARY KEY,
        payment_id uuid NOT NULL REFERENCES payments (id),
        amount bigint NOT NULL CHECK (amount > 0),
        origin text NOT NULL CHECK (origin IN ('manual', 'cancel', 'void')),
        state text NOT NULL CHECK (state IN ('pending', 'done', 'failed')),
        gateway_key text NOT NULL GENERATED ALWAYS AS ('refund:' || id::text) STORED,
        gateway_reference text,
        reason text,
        actor uuid,
        attempts int NOT NULL DEFAULT 0,
        due_at timestamptz NOT NULL,
        last_error text,
        request_scope text,
        request_key text,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        updated_at timestamptz(3) NOT NULL DEFAULT now()
      )`);
    await runner.query('CREATE INDEX refunds_of_payment ON refunds (payment_id)');
    await runner.query("CREATE INDEX refunds_pending ON refunds (due_at) WHERE state = 'pending'");
  }
}
