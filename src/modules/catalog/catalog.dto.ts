import { z } from 'zod';
import { PageQuery, pageOf } from '../../common/http/paging.js';
import { MoneySchema } from '../../common/money.js';
import { line, SkuSchema, text } from '../../common/schemas.js';

/** The characters of RFC 3986 but the apostrophe: an address that can stand in HTML without a second thought. */
const ADDRESS = /^(?:https?:\/\/|\/(?!\/))[\w\-.~:/?#[\]@!$&()*+,;=%]*$/;

const ImageUrlSchema = z
  .string()
  .max(500)
  .regex(ADDRESS, 'must be an http(s) URL or an absolute path such as /images/products/mug-001.svg')
  .refine((address) => URL.canParse(address, 'https://waybill.test'), 'must be a valid URL')
  .nullable()
  .meta({ example: '/images/products/mug-001.svg' });

export const ProductSchema = z
  .object({
    sku: SkuSchema,
    name: z.string().meta({ example: 'Harbour mug' }),
    description: z.string(),
    price: MoneySchema,
    imageUrl: z.string().nullable(),
    active: z.boolean(),
  })
  .meta({ id: 'Product' });
export type ProductDto = z.infer<typeof ProductSchema>;

export const ProductPage = pageOf(ProductSchema).meta({ id: 'ProductPage' });

export const ProductQuery = PageQuery.extend({
  q: text(100)
    .optional()
    .meta({ description: 'Words, or beginnings of words, of SKU, name and description' }),
  active: z
    .enum(['true', 'false'])
    .optional()
    .meta({ description: 'For staff; others see active products only' }),
});
export type ProductsQuery = z.infer<typeof ProductQuery>;

const NameSchema = line(200);
const DescriptionSchema = text(5000);

export const CreateProductBody = z
  .strictObject({
    sku: SkuSchema,
    name: NameSchema,
    description: DescriptionSchema.default(''),
    price: MoneySchema,
    imageUrl: ImageUrlSchema.default(null),
    active: z.boolean().default(true),
  })
  .meta({
    id: 'CreateProduct',
    example: {
      sku: 'MUG-900',
      name: 'Lighthouse mug',
      description: 'Stoneware, 350 ml, dishwasher-safe.',
      price: { amount: 1590, currency: 'EUR' },
      imageUrl: null,
      active: true,
    },
  });
export type CreateProduct = z.infer<typeof CreateProductBody>;

/** What is left out stays as it is. */
export const UpdateProductBody = z
  .strictObject({
    name: NameSchema.optional(),
    description: DescriptionSchema.optional(),
    price: MoneySchema.optional(),
    imageUrl: ImageUrlSchema.optional(),
    active: z.boolean().optional(),
  })
  .meta({
    id: 'UpdateProduct',
    example: {
      price: { amount: 1390, currency: 'EUR' },
      description: 'Stoneware, 350 ml. Now in a gift box.',
    },
  });
export type UpdateProduct = z.infer<typeof UpdateProductBody>;
