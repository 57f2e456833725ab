import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Products with their search column. Punctuation becomes blanks, so that `MUG-001` is found by `mug` and by
 * `001`; the "simple" configuration neither stems nor drops words, in whatever language they are.
 */
export class Products1764000200000 implements MigrationInterface {
  name = 'Products1764000200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE products (
        sku text COLLATE "C" PRIMARY KEY,
        name text NOT NULL,
        description text NOT NULL,
        price_amount bigint NOT NULL CHECK (price_amount >= 0),
        currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
        image_url text,
        active boolean NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        version int NOT NULL DEFAULT 1,
        search tsvector NOT NULL GENERATED ALWAYS AS (
          to_tsvector('simple'::regconfig,
            translate(sku || ' ' || name || ' ' || description, '-_./:@&+#,;()', '             '))
        ) STORED
      )`);
    await runner.query('CREATE INDEX products_search ON products USING gin (search)');
    await runner.query('CREATE INDEX products_active ON products (sku) WHERE active');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only'));
  }
}
