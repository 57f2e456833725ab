import { Injectable } from '@nestjs/common';
import type { Tx } from '../../../common/persistence/unit-of-work.js';
import { adjustment, type Cause } from '../domain/movement.js';
import type { AdjustStock, StockDto } from '../inventory.dto.js';
import { InventoryErrors } from '../inventory.errors.js';
import { StockLedger, type StockRow } from '../persistence/stock-ledger.js';
import { StockReader } from '../persistence/stock-reader.js';

/** The most that a warehouse may hold of one thing: sums stay far inside PostgreSQL's int. */
const MAX_ON_HAND = 1_000_000_000;

/** Corrects what is on the shelf; the first of a new thing makes its stock known. */
@Injectable()
export class AdjustWriter {
  constructor(
    private readonly ledger: StockLedger,
    private readonly reader: StockReader,
  ) {}

  /** Throws BELOW_RESERVED or ABOVE_LIMIT. */
  async write(tx: Tx, { sku, warehouse, delta }: AdjustStock, cause: Cause): Promise<StockDto> {
    // Two who add the same warehouse would each hold what the other waits for.
    await tx.rows("SELECT pg_advisory_xact_lock(hashtextextended('inventory.adjust ' || $1, 0))", [sku]);
    const before = await this.ledger.lock(tx, [sku]);
    const known = before.some((row) => row.warehouse === warehouse);
    const locked = known || delta < 0 ? before : await this.add(tx, sku, warehouse);
    const row = locked.find((each) => each.warehouse === warehouse);
    check(sku, warehouse, delta, row);
    await this.ledger.record(tx, locked, [adjustment(sku, warehouse, delta, cause)], []);
    const stock = await this.reader.one(tx, sku);
    if (!stock) throw new Error('Stock that was changed is there');
    return stock;
  }

  private async add(tx: Tx, sku: string, warehouse: string): Promise<StockRow[]> {
    await tx.rows('INSERT INTO stock_items (sku) VALUES ($1) ON CONFLICT (sku) DO NOTHING', [sku]);
    await tx.rows(
      'INSERT INTO stock (sku, warehouse) VALUES ($1, $2) ON CONFLICT (sku, warehouse) DO NOTHING',
      [sku, warehouse],
    );
    return this.ledger.lock(tx, [sku]);
  }
}

function check(sku: string, warehouse: string, delta: number, row: StockRow | undefined): void {
  const { on_hand, reserved } = row ?? { on_hand: 0, reserved: 0 };
  const after = on_hand + delta;
  const facts = `${sku} in ${warehouse}: ${on_hand} on hand, ${reserved} reserved; ${delta} would leave ${after}`;
  if (after < reserved) throw InventoryErrors.BELOW_RESERVED(facts);
  if (after > MAX_ON_HAND)
    throw InventoryErrors.ABOVE_LIMIT(`${facts}, and ${MAX_ON_HAND} is the most there may be`);
}
