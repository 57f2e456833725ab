import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Orders1764000100000 implements MigrationInterface {
  name = 'Orders1764000100000';

  async up(runner: QueryRunner): Promise<void> {
    // Numbers are handed out in blocks of 100, so that an order needs no round trip for one.
    await runner.query('CREATE SEQUENCE order_number_blocks');
    await runner.query(`
      CREATE TABLE orders (
        id uuid PRIMARY KEY,
        number text NOT NULL UNIQUE,
        user_id uuid NOT NULL,
        status text NOT NULL CHECK (status IN
          ('pending', 'confirmed', 'processing', 'shipped', 'delivered', 'failed', 'cancelled')),
        version int NOT NULL CHECK (version >= 1),
        total_amount bigint NOT NULL CHECK (total_amount >= 0),
        currency text NOT NULL,
        shipping_address jsonb NOT NULL,
        note text,
        payment_id uuid,
        payment_status text,
        failure jsonb,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL
      ) WITH (fillfactor = 80)`);
    await runner.query('CREATE INDEX orders_by_user ON orders (user_id, created_at, id)');
    await runner.query('CREATE INDEX orders_by_time ON orders (created_at, id)');
    // No foreign keys: items and history are written in the one statement that writes their order, orders are
    // never deleted, and a check per row is what the hot path can least afford.
    await runner.query(`
      CREATE TABLE order_items (
        order_id uuid NOT NULL,
        line int NOT NULL,
        sku text NOT NULL,
        name text NOT NULL,
        quantity int NOT NULL CHECK (quantity > 0),
        unit_amount bigint NOT NULL CHECK (unit_amount >= 0),
        PRIMARY KEY (order_id, line)
      )`);
    await runner.query(`
      CREATE TABLE order_history (
        order_id uuid NOT NULL,
        version int NOT NULL,
        from_status text,
        to_status text NOT NULL,
        at timestamptz NOT NULL,
        by text NOT NULL,
        reason text,
        trace_id text,
        PRIMARY KEY (order_id, version)
      )`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only'));
  }
}
