import { Body, Controller, Delete, Get, Headers, Param, Post, Put, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { Admitted } from '../../common/http/admission.decorator.js';
import { Answers, TakesIdempotencyKey } from '../../common/http/api.decorators.js';
import { PageQuery } from '../../common/http/paging.js';
import { IdempotencyKey } from '../../common/idempotency/idempotency-key.decorator.js';
import { IdSchema } from '../../common/schemas.js';
import { CurrentUser, isStaff, type Principal } from '../../common/security/principal.js';
import type { Order } from './domain/order.js';
import { parseIfMatch } from './if-match.js';
import type { OrderStatus } from './orders.contract.js';
import {
  HistorySchema,
  ListOrdersQuery,
  OrderPageSchema,
  OrderSchema,
  PlaceOrderBody,
  UpdateOrderBody,
} from './orders.schemas.js';
import { OrdersService } from './orders.service.js';
import { OrderPlacement } from './order-placement.service.js';

const IF_MATCH = {
  name: 'If-Match',
  required: false,
  description: 'The version that the change is meant for: `"3"`',
};

@ApiTags('orders')
@ApiBearerAuth()
@Controller('api/v1/orders')
export class OrdersHttpController {
  constructor(
    private readonly placement: OrderPlacement,
    private readonly orders: OrdersService,
  ) {}

  @Post()
  @Admitted()
  @Answers({
    status: 201,
    summary: 'Place an order',
    description:
      'Prices come from the catalogue. Answered when the order is durable: confirmed, or refused with the reason.',
    schema: OrderSchema,
  })
  @ApiResponse({
    status: 202,
    description: 'The outcome is not known yet; the order is pending and settles by itself',
    standardSchema: OrderSchema,
  })
  @TakesIdempotencyKey(false)
  async place(
    @CurrentUser() user: Principal,
    @IdempotencyKey() key: string | null,
    @Body({ schema: PlaceOrderBody }) body: PlaceOrderBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Order> {
    const { order, status } = await this.placement.place(user, body, key);
    reply.status(status).header('Location', `/api/v1/orders/${order.id}`);
    return tagged(reply, order);
  }

  @Get()
  @Answers({ summary: 'List orders', description: 'Your own; staff see all.', schema: OrderPageSchema })
  list(
    @CurrentUser() user: Principal,
    @Query({ schema: ListOrdersQuery }) query: z.output<typeof ListOrdersQuery>,
  ) {
    const status = query.status?.split(',') as OrderStatus[] | undefined;
    return this.orders.list(user, { ...query, status });
  }

  @Get(':id')
  @Answers({ summary: 'Look at an order', schema: OrderSchema })
  async get(
    @CurrentUser() user: Principal,
    @Param('id', { schema: IdSchema }) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Order> {
    return tagged(reply, await this.orders.get(user, id));
  }

  @Get(':id/history')
  @Answers({ summary: 'What happened to an order', schema: HistorySchema })
  history(
    @CurrentUser() user: Principal,
    @Param('id', { schema: IdSchema }) id: string,
    @Query({ schema: PageQuery }) query: z.output<typeof PageQuery>,
  ) {
    return this.orders.history(user, id, query);
  }

  @Put(':id')
  @Answers({
    summary: 'Change an order',
    description:
      'Staff move it along; its owner may change address and note while it is pending or confirmed.',
    schema: OrderSchema,
  })
  @ApiHeader({ ...IF_MATCH, schema: { type: 'string' } })
  async update(
    @CurrentUser() user: Principal,
    @Param('id', { schema: IdSchema }) id: string,
    @Body({ schema: UpdateOrderBody }) body: UpdateOrderBody,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Order> {
    return tagged(reply, await this.orders.update(user, id, body, parseIfMatch(ifMatch)));
  }

  @Delete(':id')
  @Answers({
    summary: 'Cancel an order',
    description: 'Gives back its stock and refunds what was captured.',
    schema: OrderSchema,
  })
  @ApiHeader({ ...IF_MATCH, schema: { type: 'string' } })
  async cancel(
    @CurrentUser() user: Principal,
    @Param('id', { schema: IdSchema }) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Order> {
    const actor = isStaff(user) ? 'staff' : 'owner';
    return tagged(reply, await this.orders.cancel(user, id, actor, null, parseIfMatch(ifMatch)));
  }
}

function tagged(reply: FastifyReply, order: Order): Order {
  reply.header('ETag', `"${order.version}"`);
  return order;
}
