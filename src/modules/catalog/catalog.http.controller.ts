import { Body, Controller, Get, Param, Post, Put, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { Answers } from '../../common/http/api.decorators.js';
import type { Page } from '../../common/http/paging.js';
import { SkuSchema } from '../../common/schemas.js';
import {
  CurrentUser,
  isStaff,
  type Principal,
  Public,
  RequireRole,
} from '../../common/security/principal.js';
import {
  type CreateProduct,
  CreateProductBody,
  type ProductDto,
  ProductPage,
  ProductQuery,
  ProductSchema,
  type ProductsQuery,
  type UpdateProduct,
  UpdateProductBody,
} from './catalog.dto.js';
import { CatalogService } from './catalog.service.js';

@ApiTags('catalog')
@ApiBearerAuth()
@Controller('api/v1/products')
export class CatalogHttpController {
  constructor(private readonly catalog: CatalogService) {}

  @Get()
  @Public()
  @Answers({
    summary: 'The catalogue, by SKU',
    description: 'Search with q. Inactive products are listed for staff only.',
    schema: ProductPage,
  })
  list(
    @Query({ schema: ProductQuery }) query: ProductsQuery,
    @CurrentUser() user: Principal | null,
  ): Promise<Page<ProductDto>> {
    return this.catalog.list(query, user !== null && isStaff(user));
  }

  @Get(':sku')
  @Public()
  @Answers({ summary: 'One product', schema: ProductSchema })
  get(@Param('sku', { schema: SkuSchema }) sku: string): Promise<ProductDto> {
    return this.catalog.get(sku);
  }

  @Post()
  @RequireRole('staff')
  @Answers({ status: 201, summary: 'Add a product', schema: ProductSchema })
  create(@Body({ schema: CreateProductBody }) body: CreateProduct): Promise<ProductDto> {
    return this.catalog.create(body);
  }

  @Put(':sku')
  @RequireRole('staff')
  @Answers({
    summary: 'Change a product',
    description: 'What is left out stays as it is.',
    schema: ProductSchema,
  })
  update(
    @Param('sku', { schema: SkuSchema }) sku: string,
    @Body({ schema: UpdateProductBody }) body: UpdateProduct,
  ): Promise<ProductDto> {
    return this.catalog.update(sku, body);
  }
}
