import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Poller } from '../../common/poller.js';
import { CatalogApi } from '../catalog/catalog.contract.js';

/** Each is a series of several metrics. */
const MOST = 200;
/** New products get their names after this. */
const FRESH_MS = 15_000;
/** Until catalog can be asked, all are `other`: not for long. */
const INTERVAL_MS = 1000;
const OTHER = 'other';

/** Names products in metrics: the first 200 SKUs by name, the same ones in every process, and `other` for the rest. */
@Injectable()
export class ProductLabels implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly known = new Set<string>();
  private freshUntil = 0;
  private readonly poller = new Poller({
    name: 'products for metrics',
    module: 'orders',
    intervalMs: INTERVAL_MS,
    task: () => this.refresh(),
  });

  constructor(@Inject(CatalogApi) private readonly catalog: CatalogApi) {}

  onApplicationBootstrap(): void {
    this.poller.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.poller.stop();
  }

  of(sku: string): string {
    return this.known.has(sku) ? sku : OTHER;
  }

  private async refresh(): Promise<number> {
    if (performance.now() < this.freshUntil) return 0;
    const { skus } = await this.catalog.firstSkus({ limit: MOST });
    // Never more than so many as long as the process lives: a series once begun does not end.
    for (const sku of skus) if (this.known.size < MOST) this.known.add(sku);
    this.freshUntil = performance.now() + FRESH_MS;
    return 0;
  }
}
