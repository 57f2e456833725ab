import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { z } from 'zod';
import { Cache, type CacheKind, NEAR_MS } from '../../common/cache/cache.js';
import { decodeCursor, type Page, pageOf, toPage } from '../../common/http/paging.js';
import { isUniqueViolation } from '../../common/persistence/database-errors.js';
import { SkuSchema } from '../../common/schemas.js';
import {
  type CreateProduct,
  type ProductDto,
  ProductSchema,
  type ProductsQuery,
  type UpdateProduct,
} from './catalog.dto.js';
import { CatalogErrors } from './catalog.errors.js';
import { searchTerms } from './domain/search-terms.js';
import { Product } from './persistence/product.entity.js';
import { PricesService } from './prices.service.js';

const Cursor = z.tuple([SkuSchema]);
const PRODUCTS: CacheKind<ProductDto> = {
  name: 'catalog.product',
  shared: true,
  schema: ProductSchema,
  ttlMs: 10_000,
};

/** Only the beginning of the catalogue, which everybody asks for: what is searched or paged has no end of variants. */
const FIRST_PAGES: CacheKind<Page<ProductDto>> = {
  name: 'catalog.first-page',
  shared: false,
  schema: pageOf(ProductSchema),
  ttlMs: NEAR_MS,
};

/** The catalogue as people see and manage it. */
@Injectable()
export class CatalogService {
  /** Goes up with each change made here: pages that were read before are not asked for again. */
  private edition = 0;

  constructor(
    @InjectRepository(Product, 'catalog') private readonly products: Repository<Product>,
    private readonly prices: PricesService,
    private readonly cache: Cache,
  ) {}

  /** Products by SKU. Only staff see the inactive ones. */
  async list(query: ProductsQuery, forStaff: boolean): Promise<Page<ProductDto>> {
    const { limit, cursor, q, active = 'any' } = query;
    if (cursor !== undefined || q !== undefined) return this.find(query, forStaff);
    const key = `${this.edition} ${forStaff} ${active} ${limit}`;
    const known = await this.cache.get(FIRST_PAGES, key);
    if (known) return known;
    const page = await this.find(query, forStaff);
    this.cache.set(FIRST_PAGES, key, page);
    return page;
  }

  private async find(query: ProductsQuery, forStaff: boolean): Promise<Page<ProductDto>> {
    const { limit, cursor, q, active } = query;
    const find = this.products
      .createQueryBuilder('p')
      .orderBy('p.sku')
      .limit(limit + 1);
    if (active !== undefined) find.andWhere('p.active = :active', { active: active === 'true' });
    if (!forStaff) find.andWhere('p.active');
    if (cursor !== undefined) find.andWhere('p.sku > :after', { after: decodeCursor(cursor, Cursor)[0] });
    if (q !== undefined && q.trim() !== '') {
      const terms = searchTerms(q);
      if (terms === null) return { data: [], nextCursor: null };
      find.andWhere("p.search @@ to_tsquery('simple', :terms)", { terms });
    }
    return toPage(await find.getMany(), limit, ({ sku }) => [sku], toDto);
  }

  /** An inactive product is shown too, as such: carts and old links lead to it. Throws NOT_FOUND. */
  async get(sku: string): Promise<ProductDto> {
    const known = await this.cache.get(PRODUCTS, sku);
    if (known) return known;
    const found = await this.products.findOneBy({ sku });
    if (!found) throw CatalogErrors.NOT_FOUND(`There is no product ${sku}`);
    const product = toDto(found);
    this.cache.set(PRODUCTS, sku, product);
    return product;
  }

  /** Throws SKU_TAKEN. */
  async create({ price, ...rest }: CreateProduct): Promise<ProductDto> {
    const row = { ...rest, priceAmount: price.amount, currency: price.currency };
    try {
      await this.products.insert(row);
      this.edition += 1;
    } catch (error) {
      if (isUniqueViolation(error)) throw CatalogErrors.SKU_TAKEN(`There already is a product ${rest.sku}`);
      throw error;
    }
    return toDto(row);
  }

  /** Changes what is given. Throws NOT_FOUND. */
  async update(sku: string, { price, ...rest }: UpdateProduct): Promise<ProductDto> {
    const changes = { ...rest, ...(price && { priceAmount: price.amount, currency: price.currency }) };
    if (Object.keys(changes).length > 0) {
      await this.products.update({ sku }, changes);
      this.edition += 1;
      await Promise.all([this.prices.forget(sku), this.cache.delete(PRODUCTS, sku)]);
    }
    return this.get(sku);
  }
}

type Row = Pick<Product, 'sku' | 'name' | 'description' | 'priceAmount' | 'currency' | 'imageUrl' | 'active'>;

function toDto({ sku, name, description, priceAmount, currency, imageUrl, active }: Row): ProductDto {
  return { sku, name, description, price: { amount: priceAmount, currency }, imageUrl, active };
}
