import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { Answers, TakesIdempotencyKey } from '../../common/http/api.decorators.js';
import { type Page, PageQuery } from '../../common/http/paging.js';
import { IdempotencyKey } from '../../common/idempotency/idempotency-key.decorator.js';
import { SkuSchema } from '../../common/schemas.js';
import {
  CurrentUser,
  isStaff,
  type Principal,
  Public,
  RequireRole,
} from '../../common/security/principal.js';
import { AvailabilityService } from './availability.service.js';
import { ByHandService } from './by-hand.service.js';
import {
  AdjustBody,
  type AdjustStock,
  type MovementDto,
  type MovementFilter,
  MovementPage,
  MovementsQuery,
  ReleaseBody,
  type ReleaseStock,
  type ReservationDto,
  ReservationSchema,
  ReserveBody,
  type ReserveStock,
  type StockDto,
  type StockFilter,
  StockOrAvailability,
  StockPage,
  StockQuery,
  StockSchema,
} from './inventory.dto.js';
import { StockService } from './stock.service.js';

type PageRequest = Pick<StockFilter, 'limit' | 'cursor'>;

@ApiTags('inventory')
@ApiBearerAuth()
@Controller('api/v1/inventory')
export class InventoryHttpController {
  constructor(
    private readonly stock: StockService,
    private readonly availability: AvailabilityService,
    private readonly byHand: ByHandService,
  ) {}

  @Get()
  @RequireRole('staff')
  @Answers({ summary: 'Stock by SKU and warehouse', schema: StockPage })
  list(@Query({ schema: StockQuery }) query: StockFilter): Promise<Page<StockDto>> {
    return this.stock.list(query);
  }

  @Get('alerts')
  @RequireRole('staff')
  @Answers({ summary: 'Items at or under their low-stock threshold', schema: StockPage })
  alerts(@Query({ schema: PageQuery }) query: PageRequest): Promise<Page<StockDto>> {
    return this.stock.alerts(query);
  }

  @Get('movements')
  @RequireRole('staff')
  @Answers({ summary: 'Every change of the stock, the newest first', schema: MovementPage })
  movements(@Query({ schema: MovementsQuery }) query: MovementFilter): Promise<Page<MovementDto>> {
    return this.stock.movements(query);
  }

  @Get(':sku')
  @Public()
  @Answers({
    summary: 'How many can be had',
    description: 'Staff see the stock of every warehouse, others what is available in all.',
    schema: StockOrAvailability,
  })
  get(
    @Param('sku', { schema: SkuSchema }) sku: string,
    @CurrentUser() user: Principal | null,
  ): Promise<StockDto | Pick<StockDto, 'sku' | 'available'>> {
    return user !== null && isStaff(user) ? this.stock.get(sku) : this.availability.of(sku);
  }

  @Get(':sku/movements')
  @RequireRole('staff')
  @Answers({ summary: 'Every change of the stock of a SKU, the newest first', schema: MovementPage })
  movementsOf(
    @Param('sku', { schema: SkuSchema }) sku: string,
    @Query({ schema: PageQuery }) query: PageRequest,
  ): Promise<Page<MovementDto>> {
    return this.stock.movementsOf(sku, query);
  }

  @Post('reserve')
  @RequireRole('staff')
  @TakesIdempotencyKey(true)
  @Answers({
    status: 201,
    summary: 'Reserve stock for an order by hand',
    description: 'Every line or none. Released again when its time is over, unless the order lives.',
    schema: ReservationSchema,
  })
  reserve(
    @Body({ schema: ReserveBody }) body: ReserveStock,
    @IdempotencyKey({ required: true }) key: string,
    @CurrentUser() { userId }: Principal,
  ): Promise<ReservationDto> {
    return this.byHand.reserve({ userId, key }, body);
  }

  @Post('release')
  @RequireRole('staff')
  @TakesIdempotencyKey(true)
  @Answers({
    summary: 'Give back what an order has reserved or taken',
    description: 'With nothing to give back, the order can reserve nothing any more.',
    schema: ReservationSchema,
  })
  release(
    @Body({ schema: ReleaseBody }) body: ReleaseStock,
    @IdempotencyKey({ required: true }) key: string,
    @CurrentUser() { userId }: Principal,
  ): Promise<ReservationDto> {
    return this.byHand.release({ userId, key }, body);
  }

  @Post('adjust')
  @RequireRole('staff')
  @TakesIdempotencyKey(true)
  @Answers({
    summary: 'Correct the stock of a SKU in a warehouse',
    description: 'The first of a new SKU, or in a new warehouse, makes it known.',
    schema: StockSchema,
  })
  adjust(
    @Body({ schema: AdjustBody }) body: AdjustStock,
    @IdempotencyKey({ required: true }) key: string,
    @CurrentUser() { userId }: Principal,
  ): Promise<StockDto> {
    return this.byHand.adjust({ userId, key }, body);
  }
}
