import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { Cache, type CacheKind, NEAR_MS } from '../../common/cache/cache.js';
import { GroupCommit } from '../../common/persistence/group-commit.js';
import { array, prepared, UnitOfWork } from '../../common/persistence/unit-of-work.js';
import { PricedProductSchema } from './catalog.contract.js';

export type PricedProduct = z.infer<typeof PricedProductSchema>;

interface PriceRow {
  sku: string;
  name: string;
  price_amount: string;
  currency: string;
  active: boolean;
}

const READ = prepared(
  `SELECT sku, name, price_amount, currency, active FROM products WHERE sku = ANY (${array('$1', 'text')})`,
);

const PRICES: CacheKind<PricedProduct> = {
  name: 'catalog.price',
  // Orders are charged by it.
  shared: false,
  schema: PricedProductSchema,
  ttlMs: NEAR_MS,
};

/** Prices for orders: remembered for a moment, and what is not is read for all who ask at once. */
@Injectable()
export class PricesService {
  private readonly reading: GroupCommit<string, PricedProduct | null>;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly cache: Cache,
  ) {
    this.reading = new GroupCommit((skus) => this.read(skus), {
      name: 'catalog.read-prices',
      module: 'catalog',
      lanes: 2,
    });
  }

  /** Unknown SKUs are left out; the same SKU asked for twice is answered once. */
  async of(skus: readonly string[]): Promise<PricedProduct[]> {
    const found = await Promise.all([...new Set(skus)].map((sku) => this.priceOf(sku)));
    return found.filter((product) => product !== null);
  }

  async firstSkus(limit: number): Promise<string[]> {
    const rows = await this.uow.rows<{ sku: string }>('SELECT sku FROM products ORDER BY sku LIMIT $1', [
      limit,
    ]);
    return rows.map(({ sku }) => sku);
  }

  /** To be called once a change is committed. */
  forget(sku: string): Promise<void> {
    return this.cache.delete(PRICES, sku);
  }

  private async priceOf(sku: string): Promise<PricedProduct | null> {
    const known = await this.cache.get(PRICES, sku);
    if (known) return known;
    const product = await this.reading.submit(sku);
    if (product) this.cache.set(PRICES, sku, product);
    return product;
  }

  private async read(skus: string[]): Promise<(PricedProduct | null)[]> {
    const rows = await this.uow.rows<PriceRow>(READ, [[...new Set(skus)]]);
    const bySku = new Map(rows.map((row) => [row.sku, toPriced(row)]));
    return skus.map((sku) => bySku.get(sku) ?? null);
  }
}

function toPriced({ sku, name, price_amount, currency, active }: PriceRow): PricedProduct {
  return { sku, name, price: { amount: Number(price_amount), currency }, active };
}
