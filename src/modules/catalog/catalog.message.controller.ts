import { Controller } from '@nestjs/common';
import type { HandlersOf, InputOf, OutputOf } from '../../common/messaging/contract.js';
import { Handles } from '../../common/messaging/handler.decorators.js';
import { CatalogApi } from './catalog.contract.js';
import { PricesService } from './prices.service.js';

@Controller()
export class CatalogMessageController implements HandlersOf<typeof CatalogApi> {
  constructor(private readonly prices: PricesService) {}

  @Handles(CatalogApi.calls.price)
  async price({
    skus,
  }: InputOf<typeof CatalogApi.calls.price>): Promise<OutputOf<typeof CatalogApi.calls.price>> {
    return { products: await this.prices.of(skus) };
  }

  @Handles(CatalogApi.calls.firstSkus)
  async firstSkus({
    limit,
  }: InputOf<typeof CatalogApi.calls.firstSkus>): Promise<OutputOf<typeof CatalogApi.calls.firstSkus>> {
    return { skus: await this.prices.firstSkus(limit) };
  }
}
