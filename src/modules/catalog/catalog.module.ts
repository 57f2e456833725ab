import { Module } from '@nestjs/common';
import { CacheModule } from '../../common/cache/cache.module.js';
import { PersistenceModule } from '../../common/persistence/persistence.module.js';
import { CatalogHttpController } from './catalog.http.controller.js';
import { CatalogMessageController } from './catalog.message.controller.js';
import { CatalogService } from './catalog.service.js';
import { ImagesHttpController } from './demo/images.http.controller.js';
import { SeedProducts } from './demo/seed-products.js';
import { PricesService } from './prices.service.js';
import { CatalogSchema } from './catalog.schema.js';

@Module({
  imports: [CacheModule, PersistenceModule.for('catalog', CatalogSchema)],
  controllers: [CatalogHttpController, ImagesHttpController, CatalogMessageController],
  providers: [CatalogService, PricesService, SeedProducts],
})
export class CatalogModule {}
