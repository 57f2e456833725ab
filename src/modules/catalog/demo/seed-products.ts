import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Config } from '../../../common/config/config.js';
import { UnitOfWork } from '../../../common/persistence/unit-of-work.js';
import { pictureUrl } from './pictures.js';
import { DEMO_PRODUCTS } from './products.js';

/** Fills an empty catalogue with the demo products. Two processes may start at once: a SKU goes in once. */
@Injectable()
export class SeedProducts implements OnApplicationBootstrap {
  private readonly log = new Logger('Catalog');

  constructor(
    private readonly config: Config,
    private readonly uow: UnitOfWork,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (!this.config.seedDemo) return;
    const added = await this.uow.rows(
      `INSERT INTO products (sku, name, description, price_amount, currency, image_url, active)
       SELECT sku, name, description, price, 'EUR', image_url, true
       FROM jsonb_to_recordset($1::jsonb) AS p (sku text, name text, description text, price bigint, image_url text)
       WHERE NOT EXISTS (SELECT 1 FROM products)
       ORDER BY sku ON CONFLICT (sku) DO NOTHING RETURNING sku`,
      [
        JSON.stringify(
          DEMO_PRODUCTS.map(({ picture: _, ...product }) => ({
            ...product,
            image_url: pictureUrl(product.sku),
          })),
        ),
      ],
    );
    if (added.length > 0) this.log.log(`Added ${added.length} demo products`);
  }
}
