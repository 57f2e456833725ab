import { Injectable } from '@nestjs/common';
import { type Sql, type Tx, UnitOfWork } from '../../../common/persistence/unit-of-work.js';
import type { Balance } from '../domain/payment-state.js';
import { REFUND_COLUMNS, type Refund } from './refund.entity.js';

export interface NewRefund {
  id: string;
  paymentId: string;
  amount: number;
  reason: string | null;
  actor: string;
  traceId: string | null;
  requestScope: string;
  requestKey: string;
}

/** A refund and the key under which its charge stands at the gateway. */
export type RefundToDo = Refund & { chargeKey: string; orderId: string };

const TO_DO = `${REFUND_COLUMNS}, p.gateway_key AS "chargeKey", p.order_id AS "orderId"`;

@Injectable()
export class RefundStore {
  constructor(private readonly uow: UnitOfWork) {}

  /** How much of a payment is on its way back. The payment is locked. */
  async underWay(tx: Tx, paymentId: string): Promise<number> {
    const [row] = await tx.rows<{ amount: number }>(
      `SELECT coalesce(sum(amount), 0)::float8 AS amount FROM refunds WHERE payment_id = $1 AND state = 'pending'`,
      [paymentId],
    );
    return row?.amount ?? 0;
  }

  /** The poller keeps its hands off for as long as the request that makes it may take. */
  async insert(tx: Tx, refund: NewRefund): Promise<RefundToDo> {
    const { id, paymentId, amount, reason, actor, traceId, requestScope, requestKey } = refund;
    const [row] = await tx.rows<RefundToDo>(
      `WITH r AS (
         INSERT INTO refunds (id, payment_id, amount, origin, state, reason, actor, trace_id, request_scope,
                              request_key, due_at)
         VALUES ($1, $2, $3, 'manual', 'pending', $4, $5, $6, $7, $8, now() + interval '5 seconds') RETURNING *)
       SELECT ${TO_DO} FROM r JOIN payments p ON p.id = r.payment_id`,
      [id, paymentId, amount, reason, actor, traceId, requestScope, requestKey],
    );
    if (!row) throw new Error('An INSERT gave no row');
    return row;
  }

  /** False when it was recorded before. */
  async finish(
    tx: Tx,
    id: string,
    state: 'done' | 'failed',
    reference: string | null,
    error: string | null,
  ): Promise<boolean> {
    const rows = await tx.rows(
      `UPDATE refunds SET state = $2, gateway_reference = $3, last_error = $4, updated_at = now()
       WHERE id = $1 AND state = 'pending' RETURNING id`,
      [id, state, reference, error],
    );
    return rows.length > 0;
  }

  async updateBalance(tx: Tx, paymentId: string, { status, refunded }: Balance): Promise<void> {
    await tx.rows('UPDATE payments SET status = $2, refunded = $3, updated_at = now() WHERE id = $1', [
      paymentId,
      status,
      refunded,
    ]);
  }

  /** Tries again later: after 1, 2, 4, 8 s and then every 15 s, for ever. Gives how often it has been tried. */
  async postpone(id: string, error: string): Promise<number> {
    const [row] = await this.uow.rows<{ attempts: number }>(
      `UPDATE refunds SET attempts = attempts + 1, last_error = $2,
         due_at = now() + make_interval(secs => least(15, power(2, least(attempts, 4))))
       WHERE id = $1 AND state = 'pending' RETURNING attempts`,
      [id, error],
    );
    return row?.attempts ?? 0;
  }

  pendingOf(sql: Sql, paymentIds: readonly string[]): Promise<RefundToDo[]> {
    return sql.rows<RefundToDo>(
      `SELECT ${TO_DO} FROM refunds r JOIN payments p ON p.id = r.payment_id
       WHERE r.payment_id = ANY($1::uuid[]) AND r.state = 'pending' ORDER BY r.created_at, r.id`,
      [paymentIds],
    );
  }

  /** Pending refunds whose time has come, leased for 10 s. */
  takeDue(limit: number): Promise<RefundToDo[]> {
    return this.uow.rows<RefundToDo>(
      `WITH due AS (
         SELECT id FROM refunds WHERE state = 'pending' AND due_at <= now() ORDER BY due_at LIMIT $1
         FOR UPDATE SKIP LOCKED
       ), r AS (
         UPDATE refunds SET due_at = now() + interval '10 seconds' FROM due WHERE refunds.id = due.id RETURNING refunds.*
       )
       SELECT ${TO_DO} FROM r JOIN payments p ON p.id = r.payment_id`,
      [limit],
    );
  }
}
