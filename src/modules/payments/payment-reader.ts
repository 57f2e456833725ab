import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { z } from 'zod';
import { decodeCursor, type Page, toPage } from '../../common/http/paging.js';
import { money } from '../../common/money.js';
import { UnitOfWork } from '../../common/persistence/unit-of-work.js';
import { InstantSchema } from '../../common/schemas.js';
import { isStaff, type Principal } from '../../common/security/principal.js';
import {
  type PaymentDto,
  type PaymentEntry,
  type PaymentsOfOrderQuery,
  type PaymentsQuery,
  toDto,
} from './payments.dto.js';
import { PaymentErrors } from './payments.errors.js';
import { Payment } from './persistence/payment.entity.js';

const Cursor = z.tuple([InstantSchema, z.uuid()]);

type EntryRow = Omit<PaymentEntry, 'amount' | 'createdAt' | 'updatedAt'> & {
  amount: number;
  createdAt: Date;
  updatedAt: Date;
};

/** Who charged by hand stands in the scope of their key. */
const ENTRIES = `
  SELECT * FROM (
    SELECT id, 'charge' AS kind, amount::float8 AS amount, status, reason,
      CASE kind WHEN 'manual' THEN split_part(request_scope, ':', 2) ELSE 'system' END AS by,
      created_at AS "createdAt", updated_at AS "updatedAt", trace_id AS "traceId"
    FROM payments WHERE id = $1
    UNION ALL
    SELECT id, 'refund', amount::float8, state, coalesce(reason, last_error), coalesce(actor::text, 'system'),
      created_at, updated_at, trace_id
    FROM refunds WHERE payment_id = $1
  ) AS entries
  WHERE $2::timestamptz IS NULL OR ("createdAt", id) > ($2, $3::uuid)
  ORDER BY "createdAt", id LIMIT $4`;

/** Payments as people see them: staff all, everybody else those of their own orders. */
@Injectable()
export class PaymentReader {
  constructor(
    private readonly uow: UnitOfWork,
    @InjectRepository(Payment, 'payments') private readonly payments: Repository<Payment>,
  ) {}

  /** Newest first. */
  async list(user: Principal, query: PaymentsQuery): Promise<Page<PaymentDto>> {
    const { limit, cursor, status, orderId, createdFrom, createdTo } = query;
    const find = this.visibleTo(user)
      .orderBy('p.created_at', 'DESC')
      .addOrderBy('p.id', 'DESC')
      .limit(limit + 1);
    if (status) find.andWhere('p.status = :status', { status });
    // Said twice, so that the index of those few can be used.
    if (status && status !== 'captured') find.andWhere("p.status <> 'captured'");
    if (orderId) find.andWhere('p.order_id = :orderId', { orderId });
    if (createdFrom) find.andWhere('p.created_at >= :createdFrom', { createdFrom });
    if (createdTo) find.andWhere('p.created_at < :createdTo', { createdTo });
    if (cursor) {
      const [at, id] = decodeCursor(cursor, Cursor);
      find.andWhere('(p.created_at, p.id) < (:at::timestamptz, :id::uuid)', { at, id });
    }
    return toPage(await find.getMany(), limit, ({ createdAt, id }) => [createdAt.toISOString(), id], toDto);
  }

  /** Throws NOT_FOUND, also when the payment is another user's. */
  async get(user: Principal, id: string): Promise<PaymentDto> {
    const payment = await this.visibleTo(user).andWhere('p.id = :id', { id }).getOne();
    if (!payment) throw PaymentErrors.NOT_FOUND();
    return toDto(payment);
  }

  /** All that was tried for an order. Throws NOT_FOUND when there is nothing of this user's; staff see an empty list. */
  async ofOrder(user: Principal, orderId: string, query: PaymentsOfOrderQuery): Promise<Page<PaymentDto>> {
    const page = await this.list(user, { ...query, orderId });
    if (page.data.length === 0 && !isStaff(user))
      throw PaymentErrors.NOT_FOUND('There is no payment of this order');
    return page;
  }

  /** The charge and its refunds, in the order in which they were asked for. Throws NOT_FOUND as `get`. */
  async history(
    user: Principal,
    id: string,
    { limit, cursor }: PaymentsOfOrderQuery,
  ): Promise<Page<PaymentEntry>> {
    const { currency } = (await this.get(user, id)).amount;
    const [at, after] = cursor ? decodeCursor(cursor, Cursor) : [null, null];
    const rows = await this.uow.rows<EntryRow>(ENTRIES, [id, at, after, limit + 1]);
    return toPage(
      rows,
      limit,
      (row) => [row.createdAt.toISOString(), row.id],
      ({ amount, createdAt, updatedAt, ...rest }) => ({
        ...rest,
        amount: money(amount, currency),
        createdAt: createdAt.toISOString(),
        updatedAt: updatedAt.toISOString(),
      }),
    );
  }

  private visibleTo(user: Principal) {
    const find = this.payments.createQueryBuilder('p');
    if (isStaff(user)) return find.where('p.user_id IS NOT NULL');
    return find.where('p.user_id = :userId', { userId: user.userId });
  }
}
