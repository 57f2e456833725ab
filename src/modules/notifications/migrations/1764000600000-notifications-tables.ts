import type { MigrationInterface, QueryRunner } from 'typeorm';

export class NotificationsTables1764000600000 implements MigrationInterface {
  name = 'NotificationsTables1764000600000';

  async up(runner: QueryRunner): Promise<void> {
    // `occasion` is what the notification is about: an order, a refund, a user; its own id when sent by hand.
    await runner.query(`
      CREATE TABLE notifications (
        id uuid PRIMARY KEY,
        user_id uuid NOT NULL,
        order_id uuid,
        occasion uuid NOT NULL,
        template text NOT NULL,
        type text NOT NULL CHECK (type IN ('email', 'sms', 'websocket')),
        subject text NOT NULL,
        body text NOT NULL,
        status text NOT NULL CHECK (status IN ('queued', 'sent', 'failed', 'suppressed')),
        attempts int NOT NULL DEFAULT 0 CHECK (attempts >= 0),
        due_at timestamptz,
        reason text,
        correlation_id text,
        traceparent text,
        created_at timestamptz NOT NULL DEFAULT now(),
        settled_at timestamptz,
        CHECK ((status = 'queued') = (due_at IS NOT NULL)),
        CONSTRAINT notifications_once UNIQUE (occasion, template, type)
      )`);
    await runner.query('CREATE INDEX notifications_of_user ON notifications (user_id, id)');
    await runner.query(
      'CREATE INDEX notifications_of_order ON notifications (order_id, id) WHERE order_id IS NOT NULL',
    );
    await runner.query(
      "CREATE INDEX notifications_by_status ON notifications (status, id) WHERE status <> 'sent'",
    );
    await runner.query("CREATE INDEX notifications_sms ON notifications (id) WHERE type = 'sms'");
    await runner.query("CREATE INDEX notifications_due ON notifications (due_at) WHERE status = 'queued'");
    await runner.query(`
      CREATE TABLE preferences (
        user_id uuid PRIMARY KEY,
        phone text,
        kinds jsonb NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now()
      )`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only'));
  }
}
