import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Config } from '../../../common/config/config.js';
import type { Tx } from '../../../common/persistence/unit-of-work.js';
import { adjustment, SYSTEM } from '../domain/movement.js';
import { StockLedger } from '../persistence/stock-ledger.js';
import { StockChanges } from '../writes/stock-changes.js';
import { DEMO_STOCK } from './stock.js';

const CAUSE = { reason: 'demo stock', actor: SYSTEM, traceId: null };

/** Fills empty warehouses with the demo stock, by the same movements as any delivery. */
@Injectable()
export class SeedStock implements OnApplicationBootstrap {
  private readonly log = new Logger('Inventory');

  constructor(
    private readonly config: Config,
    private readonly changes: StockChanges,
    private readonly ledger: StockLedger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (!this.config.seedDemo) return;
    const added = await this.changes.run((tx) => this.fill(tx));
    if (added > 0) this.log.log(`Added demo stock of ${added} products`);
  }

  private async fill(tx: Tx): Promise<number> {
    // Two processes may start at once: the second waits here, and finds the warehouses full.
    await tx.rows("SELECT pg_advisory_xact_lock(hashtext('inventory demo stock'))");
    const [first] = await tx.rows('SELECT 1 FROM stock_items LIMIT 1');
    if (first) return 0;
    const shelves = DEMO_STOCK.flatMap(({ sku, main, east }) => [
      { sku, warehouse: 'main', quantity: main },
      { sku, warehouse: 'east', quantity: east },
    ]);
    await tx.rows(
      'INSERT INTO stock_items (sku, low_stock_threshold) SELECT * FROM unnest($1::text[], $2::int[])',
      [DEMO_STOCK.map(({ sku }) => sku), DEMO_STOCK.map(({ threshold }) => threshold)],
    );
    await tx.rows('INSERT INTO stock (sku, warehouse) SELECT * FROM unnest($1::text[], $2::text[])', [
      shelves.map(({ sku }) => sku),
      shelves.map(({ warehouse }) => warehouse),
    ]);
    const locked = await this.ledger.lock(
      tx,
      DEMO_STOCK.map(({ sku }) => sku),
    );
    const deliveries = shelves.filter(({ quantity }) => quantity > 0);
    await this.ledger.record(
      tx,
      locked,
      deliveries.map(({ sku, warehouse, quantity }) => adjustment(sku, warehouse, quantity, CAUSE)),
      [],
    );
    return DEMO_STOCK.length;
  }
}
