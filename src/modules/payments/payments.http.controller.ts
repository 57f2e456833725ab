import { Body, Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Answers, TakesIdempotencyKey } from '../../common/http/api.decorators.js';
import type { Page } from '../../common/http/paging.js';
import { IdempotencyKey } from '../../common/idempotency/idempotency-key.decorator.js';
import { IdSchema } from '../../common/schemas.js';
import { CurrentUser, type Principal, RequireRole } from '../../common/security/principal.js';
import { ManualPayments } from './manual-payments.service.js';
import type { Reply } from './payment-answers.js';
import { PaymentReader } from './payment-reader.js';
import {
  ChargeBody,
  type PaymentDto,
  type PaymentEntry,
  PaymentHistory,
  PaymentPage,
  PaymentSchema,
  PaymentsOfOrderQuery,
  PaymentsQuery,
  RefundBody,
} from './payments.dto.js';

/** The other answer of what moves money. */
const SettlesLater = () =>
  ApiResponse({
    status: 202,
    description: 'The gateway has not answered in time; the payment settles by itself',
    standardSchema: PaymentSchema,
  });

@ApiTags('payments')
@ApiBearerAuth()
@Controller('api/v1/payments')
export class PaymentsHttpController {
  constructor(
    private readonly reader: PaymentReader,
    private readonly manual: ManualPayments,
  ) {}

  @Post()
  @RequireRole('staff')
  @TakesIdempotencyKey(true)
  @Answers({
    status: 201,
    summary: 'Charge an order by hand',
    description: 'On top of what the order has paid already.',
    schema: PaymentSchema,
  })
  @SettlesLater()
  async charge(
    @CurrentUser() staff: Principal,
    @IdempotencyKey({ required: true }) key: string,
    @Body({ schema: ChargeBody }) body: ChargeBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PaymentDto> {
    return answer(reply, await this.manual.charge(staff, body, key));
  }

  @Get()
  @Answers({
    summary: 'Payments, newest first',
    description: 'Your own; for staff all.',
    schema: PaymentPage,
  })
  list(
    @CurrentUser() user: Principal,
    @Query({ schema: PaymentsQuery }) query: PaymentsQuery,
  ): Promise<Page<PaymentDto>> {
    return this.reader.list(user, query);
  }

  @Get('order/:orderId')
  @Answers({ summary: 'The payments of an order, newest first', schema: PaymentPage })
  ofOrder(
    @CurrentUser() user: Principal,
    @Param('orderId', { schema: IdSchema }) orderId: string,
    @Query({ schema: PaymentsOfOrderQuery }) query: PaymentsOfOrderQuery,
  ): Promise<Page<PaymentDto>> {
    return this.reader.ofOrder(user, orderId, query);
  }

  @Get(':id')
  @Answers({ summary: 'One payment', schema: PaymentSchema })
  get(@CurrentUser() user: Principal, @Param('id', { schema: IdSchema }) id: string): Promise<PaymentDto> {
    return this.reader.get(user, id);
  }

  @Get(':id/history')
  @Answers({ summary: 'What was done with a payment: the charge and its refunds', schema: PaymentHistory })
  history(
    @CurrentUser() user: Principal,
    @Param('id', { schema: IdSchema }) id: string,
    @Query({ schema: PaymentsOfOrderQuery }) query: PaymentsOfOrderQuery,
  ): Promise<Page<PaymentEntry>> {
    return this.reader.history(user, id, query);
  }

  @Post(':id/refund')
  @RequireRole('staff')
  @TakesIdempotencyKey(true)
  @Answers({
    status: 201,
    summary: 'Refund a payment, in part or in full',
    description: 'Without an amount: all that is left.',
    schema: PaymentSchema,
  })
  @SettlesLater()
  async refund(
    @CurrentUser() staff: Principal,
    @Param('id', { schema: IdSchema }) id: string,
    @IdempotencyKey({ required: true }) key: string,
    @Body({ schema: RefundBody }) body: RefundBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PaymentDto> {
    return answer(reply, await this.manual.refund(staff, id, body, key));
  }
}

function answer<T>(reply: FastifyReply, { status, body }: Reply<T>): T {
  void reply.status(status);
  return body;
}
