import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { decodeCursor, type Page, toPage } from '../../common/http/paging.js';
import { SkuSchema } from '../../common/schemas.js';
import { UnitOfWork } from '../../common/persistence/unit-of-work.js';
import type { MovementDto, MovementFilter, StockDto, StockFilter } from './inventory.dto.js';
import { InventoryErrors } from './inventory.errors.js';
import { StockReader } from './persistence/stock-reader.js';

type PageRequest = Pick<StockFilter, 'limit' | 'cursor'>;

const StockCursor = z.tuple([SkuSchema]);
const MovementCursor = z.tuple([z.uuid()]);

/** Looks at the stock. */
@Injectable()
export class StockService {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly reader: StockReader,
  ) {}

  async list({ limit, cursor, q, warehouse, lowStock }: StockFilter): Promise<Page<StockDto>> {
    const after = cursor === undefined ? undefined : decodeCursor(cursor, StockCursor)[0];
    const low = lowStock === undefined ? undefined : lowStock === 'true';
    const found = await this.reader.search(
      this.uow,
      { after, part: q?.toUpperCase(), warehouse, low },
      limit + 1,
    );
    return toPage(
      found,
      limit,
      ({ sku }) => [sku],
      (stock) => stock,
    );
  }

  /** Items at or under their threshold. */
  alerts(page: PageRequest): Promise<Page<StockDto>> {
    return this.list({ ...page, lowStock: 'true' });
  }

  /** Throws UNKNOWN_SKU. */
  async get(sku: string): Promise<StockDto> {
    const stock = await this.reader.one(this.uow, sku);
    if (!stock) throw InventoryErrors.UNKNOWN_SKU(`No stock is kept under ${sku}`);
    return stock;
  }

  /** Every change of a SKU, the newest first. Throws UNKNOWN_SKU. */
  async movementsOf(sku: string, page: PageRequest): Promise<Page<MovementDto>> {
    await this.get(sku);
    return this.movements({ ...page, sku });
  }

  /** Every change, the newest first. */
  async movements({
    limit,
    cursor,
    ...which
  }: MovementFilter & { sku?: string }): Promise<Page<MovementDto>> {
    const before = cursor === undefined ? undefined : decodeCursor(cursor, MovementCursor)[0];
    const found = await this.reader.movements(this.uow, which, before, limit + 1);
    return toPage(
      found,
      limit,
      ({ id }) => [id],
      (movement) => movement,
    );
  }
}
