import { Injectable } from '@nestjs/common';
import { newId } from '../../../common/ids.js';
import type { Sql, Tx } from '../../../common/persistence/unit-of-work.js';
import { REFUNDABLE } from '../domain/payment-state.js';
import { PAYMENT_COLUMNS, type Payment } from './payment.entity.js';

/** An order for which nothing may be kept. */
export interface Closing {
  orderId: string;
  reason: string;
  traceId: string | null;
}

/** A payment that is over without money stays as it is: it refuses a later charge by itself. */
const TO_CANCEL = `NOT p.cancelled AND p.status NOT IN ('declined', 'refunded')`;
const CANCEL =
  'cancelled = true, reason = coalesce(p.reason, excluded.reason), due_at = now(), updated_at = now()';

/** Locks the payment also when it changes nothing, so that no charge and no refund slips in between. */
const CANCEL_OR_TOMBSTONE = `
  INSERT INTO payments AS p (id, order_id, kind, amount, currency, method, status, reason, cancelled, due_at,
    trace_id)
  SELECT id, "orderId", 'workflow', 0, 'XXX', 'card', 'declined', reason, true, now(), "traceId"
  FROM jsonb_to_recordset($1::jsonb) AS i (id uuid, "orderId" uuid, reason text, "traceId" text) ORDER BY "orderId"
  ON CONFLICT (order_id, (CASE kind WHEN 'workflow' THEN order_id ELSE id END))
  DO UPDATE SET ${CANCEL} WHERE ${TO_CANCEL}`;

const CANCEL_MANUAL = `
  UPDATE payments p SET ${CANCEL}
  FROM jsonb_to_recordset($1::jsonb) AS excluded ("orderId" uuid, reason text)
  WHERE p.order_id = excluded."orderId" AND p.kind = 'manual' AND ${TO_CANCEL}`;

/** All that is kept and not yet on its way back. */
const REFUND_REST = `
  INSERT INTO refunds (id, payment_id, amount, origin, state, reason, due_at, trace_id)
  SELECT gen_random_uuid(), p.id, p.amount - p.refunded - under_way.amount, 'cancel', 'pending', p.reason, now(),
    i."traceId"
  FROM jsonb_to_recordset($1::jsonb) AS i ("orderId" uuid, "traceId" text) JOIN payments p ON p.order_id = i."orderId",
  LATERAL (
    SELECT coalesce(sum(r.amount), 0)::bigint AS amount FROM refunds r WHERE r.payment_id = p.id AND r.state = 'pending'
  ) AS under_way
  WHERE p.cancelled AND p.status = ANY($2::text[])
    AND p.amount - p.refunded - under_way.amount > 0`;

/** Closing orders: the durable half of giving money back. The gateway is asked after the commit. */
@Injectable()
export class ClosingStore {
  /** Cancels all payments of these orders and reserves what is to be paid back. Each order once. */
  async close(tx: Tx, closings: readonly Closing[]): Promise<void> {
    const input = JSON.stringify(closings.map((each) => ({ ...each, id: newId() })));
    await tx.rows(CANCEL_OR_TOMBSTONE, [input]);
    await tx.rows(CANCEL_MANUAL, [input]);
    await this.refundRest(tx, closings);
  }

  /** Reserves the refund of what cancelled payments of these orders still keep. The payments are locked. */
  async refundRest(tx: Tx, orders: readonly Pick<Closing, 'orderId' | 'traceId'>[]): Promise<void> {
    await tx.rows(REFUND_REST, [JSON.stringify(orders), REFUNDABLE]);
  }

  /** The payments of an order, tombstones left out. */
  paymentsOf(sql: Sql, orderId: string): Promise<Payment[]> {
    return sql.rows<Payment>(
      `SELECT ${PAYMENT_COLUMNS} FROM payments p WHERE p.order_id = $1 AND p.user_id IS NOT NULL`,
      [orderId],
    );
  }
}
