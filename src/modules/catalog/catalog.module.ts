import { Module } from '@nestjs/common';
import { CacheModule } from '../../common/cache/cache.module.js';
import { PersistenceModule } from '../../common/persistence/persistence.module.js';
import { CatalogHttpController } from './catalog.http.controller.js';
import { CatalogMessageController } from './catalog.message.controller.js';
import { CatalogService } from './catalog.service.js';
import { ImagesHttpController } from './demo/images.http.controller.js';
import { SeedProducts } from './demo/seed-products.js';
import { Products1764000200000 } from './migrations/1764000200000-products.js';
import { Product } from './persistence/product.entity.js';
import { PricesService } from './prices.service.js';

@Module({
  imports: [
    CacheModule,
    PersistenceModule.for('catalog', { entities: { Product }, migrations: [Products1764000200000] }),
  ],
  controllers: [CatalogHttpController, ImagesHttpController, CatalogMessageController],
  providers: [CatalogService, PricesService, SeedProducts],
})
export class CatalogModule {}
