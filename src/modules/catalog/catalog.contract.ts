import { z } from 'zod';
import { type ClientOf, defineApi, rpc } from '../../common/messaging/contract.js';
import { MoneySchema } from '../../common/money.js';
import { SkuSchema } from '../../common/schemas.js';

export const PricedProductSchema = z.object({
  sku: SkuSchema,
  name: z.string(),
  price: MoneySchema,
  active: z.boolean(),
});

export const CatalogApi = defineApi('catalog', {
  /** Name, price and state of products; unknown SKUs are left out. */
  price: rpc({
    input: z.object({ skus: z.array(SkuSchema).max(100) }),
    output: z.object({ products: z.array(PricedProductSchema) }),
    errors: [],
    idempotent: true,
  }),
  /** The first SKUs by name: those that metrics name. */
  firstSkus: rpc({
    input: z.object({ limit: z.int().min(1).max(1000) }),
    output: z.object({ skus: z.array(SkuSchema) }),
    errors: [],
    idempotent: true,
  }),
});
export type CatalogApi = ClientOf<typeof CatalogApi>;
