import type { ModuleSchema } from '../../common/persistence/module-database.js';
import { Products1764000200000 } from './migrations/1764000200000-products.js';
import { Product } from './persistence/product.entity.js';

/** What catalog keeps, for the processes that host it and for migrating it without them. */
export const CatalogSchema: ModuleSchema = { entities: { Product }, migrations: [Products1764000200000] };
