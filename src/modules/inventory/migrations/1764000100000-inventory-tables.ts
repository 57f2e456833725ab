import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Stock, what is held of it for orders, and the log of every change. Lines and movements have no foreign keys:
 * they are written in bulk in the statement or transaction of what they belong to, and never apart from it.
 * `stock_items.low` says whether what is available is at or under the threshold: of a new item, it is.
 */
export class InventoryTables1764000100000 implements MigrationInterface {
  name = 'InventoryTables1764000100000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE stock_items (
        sku text COLLATE "C" PRIMARY KEY,
        low_stock_threshold int NOT NULL DEFAULT 10 CHECK (low_stock_threshold >= 0),
        low boolean NOT NULL DEFAULT true
      )`);
    await runner.query('CREATE INDEX stock_items_low ON stock_items (sku) WHERE low');
    await runner.query(`
      CREATE TABLE stock (
        sku text COLLATE "C" NOT NULL REFERENCES stock_items (sku),
        warehouse text COLLATE "C" NOT NULL,
        on_hand int NOT NULL DEFAULT 0,
        reserved int NOT NULL DEFAULT 0,
        PRIMARY KEY (sku, warehouse),
        CHECK (reserved >= 0),
        CHECK (on_hand >= reserved)
      ) WITH (fillfactor = 50)`);
    await runner.query('CREATE INDEX stock_warehouse ON stock (warehouse, sku)');
    await runner.query(`
      CREATE TABLE reservations (
        order_id uuid PRIMARY KEY,
        status text NOT NULL CHECK (status IN ('held', 'committed', 'released', 'restocked', 'refused')),
        closed boolean NOT NULL DEFAULT false,
        reason text NOT NULL,
        expires_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      ) WITH (fillfactor = 80)`);
    await runner.query("CREATE INDEX reservations_expiry ON reservations (expires_at) WHERE status = 'held'");
    await runner.query(`
      CREATE TABLE reservation_lines (
        order_id uuid NOT NULL,
        sku text COLLATE "C" NOT NULL,
        warehouse text COLLATE "C" NOT NULL,
        quantity int NOT NULL CHECK (quantity > 0),
        PRIMARY KEY (order_id, sku, warehouse)
      )`);
    await runner.query(`
      CREATE TABLE movements (
        id uuid PRIMARY KEY,
        sku text COLLATE "C" NOT NULL,
        warehouse text COLLATE "C" NOT NULL,
        kind text NOT NULL CHECK (kind IN ('received', 'adjusted', 'reserved', 'released', 'committed', 'restocked')),
        on_hand_delta int NOT NULL,
        reserved_delta int NOT NULL,
        reason text NOT NULL,
        actor text NOT NULL,
        order_id uuid,
        at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(
      'CREATE UNIQUE INDEX movements_once ON movements (order_id, sku, warehouse, kind) WHERE order_id IS NOT NULL',
    );
    await runner.query('CREATE INDEX movements_sku ON movements (sku, id)');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only'));
  }
}
