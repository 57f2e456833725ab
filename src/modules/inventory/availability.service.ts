import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { Cache, type CacheKind } from '../../common/cache/cache.js';
import { GroupCommit } from '../../common/persistence/group-commit.js';
import { UnitOfWork } from '../../common/persistence/unit-of-work.js';
import { AvailabilitySchema } from './inventory.dto.js';
import { InventoryErrors } from './inventory.errors.js';
import { StockReader } from './persistence/stock-reader.js';

type Availability = z.infer<typeof AvailabilitySchema>;

const AVAILABILITY: CacheKind<Availability> = {
  name: 'inventory.availability',
  shared: true,
  schema: AvailabilitySchema,
  ttlMs: 10_000,
};

/**
 * How many can be had, for people who look at a product. Remembered, so it is no base for a decision: whoever
 * reserves reads the stock itself.
 */
@Injectable()
export class AvailabilityService {
  private readonly reading: GroupCommit<string, Availability | null>;

  constructor(
    uow: UnitOfWork,
    reader: StockReader,
    private readonly cache: Cache,
  ) {
    const read = async (skus: string[]) => {
      const bySku = await reader.availability(uow, skus);
      return skus.map((sku) => bySku.get(sku) ?? null);
    };
    this.reading = new GroupCommit(read, {
      name: 'inventory.read-availability',
      module: uow.module,
      lanes: 2,
    });
  }

  /** Throws UNKNOWN_SKU. */
  async of(sku: string): Promise<Availability> {
    const known = await this.cache.get(AVAILABILITY, sku);
    if (known) return known;
    const read = await this.reading.submit(sku);
    if (!read) throw InventoryErrors.UNKNOWN_SKU(`No stock is kept under ${sku}`);
    this.cache.set(AVAILABILITY, sku, read);
    return read;
  }

  /** To be called after each commit that changed it. In this process it holds at once; nobody waits for others. */
  forget(skus: Iterable<string>): void {
    void this.cache.delete(AVAILABILITY, ...skus);
  }
}
