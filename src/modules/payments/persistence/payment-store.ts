import { Injectable } from '@nestjs/common';
import type { OutboxEvent } from '../../../common/messaging/outbox.js';
import { EventPump } from '../../../common/messaging/event-pump.js';
import { outboxInsert } from '../../../common/messaging/outbox.js';
import { prepared, type Sql, type Tx, UnitOfWork } from '../../../common/persistence/unit-of-work.js';
import type { Recorded } from '../domain/outcome.js';
import { UNSETTLED } from '../domain/payment-state.js';
import { PAYMENT_COLUMNS, type Payment } from './payment.entity.js';

export type NewPayment = Pick<Payment, 'id' | 'orderId' | 'amount' | 'currency' | 'method'> & {
  userId: string;
  traceId: string | null;
};

export interface Attempt {
  payment: Payment;
  /** The row is new: nobody can have asked the gateway for it before. */
  first: boolean;
}

/** An outcome on its way into the books, with the event that tells of it. */
export interface OutcomeItem {
  paymentId: string;
  orderId: string;
  recorded: Recorded;
  /** Counts only if nobody else has taken the payment up meanwhile. */
  neverSent: boolean;
  /** Of the refund row, when voiding the charge paid money back. */
  refundId: string | null;
  traceId: string | null;
  event: OutboxEvent | null;
}

/** How long a payment is left to whoever is at it before the poller looks. */
const GRACE = `interval '10 seconds'`;

const INSERT_ATTEMPTS = prepared(`
  WITH input AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS i (
      id uuid, "orderId" uuid, "userId" uuid, amount bigint, currency text, method text, "traceId" text)
  ), p AS (
    INSERT INTO payments (id, order_id, user_id, kind, amount, currency, method, status, due_at, trace_id)
    SELECT id, "orderId", "userId", 'workflow', amount, currency, method, 'pending', now() + ${GRACE}, "traceId"
    FROM input
    ON CONFLICT DO NOTHING RETURNING *
  )
  SELECT ${PAYMENT_COLUMNS} FROM p`);

const WORKFLOW_PAYMENTS = `
  SELECT ${PAYMENT_COLUMNS} FROM payments p WHERE p.kind = 'workflow' AND p.order_id = ANY($1::uuid[])`;

const UNSETTLED_LITERALS = UNSETTLED.map((status) => `'${status}'`).join();

/** What a cancelled payment captured after all is not recorded as captured: it has to be voided. */
const RECORD_OUTCOMES = prepared(`
  WITH input AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS i (
      id uuid, status text, reference text, reason text, refunded bigint, error text, never_sent boolean, refund_id uuid,
      trace_id text)
  ), won AS (
    UPDATE payments p SET
      status = i.status,
      gateway_reference = coalesce(i.reference, p.gateway_reference),
      reason = coalesce(i.reason, p.reason, CASE i.status WHEN 'declined' THEN 'voided' END),
      refunded = i.refunded,
      last_error = i.error,
      due_at = greatest(p.due_at, now() + interval '5 seconds'),
      updated_at = now()
    FROM input i
    WHERE p.id = ANY (ARRAY(SELECT id FROM input)) AND p.id = i.id AND p.status IN (${UNSETTLED_LITERALS})
      AND NOT (p.cancelled AND i.status = 'captured')
      AND NOT (i.never_sent AND p.attempts > 1)
    RETURNING p.id, p.order_id, p.amount, p.reason, i.refund_id, i.trace_id
  ), paid_back AS (
    INSERT INTO refunds (id, payment_id, amount, origin, state, reason, due_at, trace_id)
    SELECT refund_id, id, amount, 'void', 'done', reason, now(), trace_id FROM won WHERE refund_id IS NOT NULL
  ), told AS (
    ${outboxInsert('$2', 'SELECT order_id AS id FROM won')}
  )
  SELECT id FROM won`);

@Injectable()
export class PaymentStore {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly pump: EventPump,
  ) {}

  /** Records attempts of the workflow, one per order; an order that has its payment gets that one. */
  async recordAttempts(attempts: readonly NewPayment[]): Promise<Attempt[]> {
    const fresh = await this.uow.rows<Payment>(INSERT_ATTEMPTS, [JSON.stringify(attempts)]);
    const known = new Map(fresh.map((payment) => [payment.orderId, { payment, first: true }]));
    const rest = attempts.filter(({ orderId }) => !known.has(orderId)).map(({ orderId }) => orderId);
    if (rest.length > 0) {
      // A statement of its own: the first may not see the row that stood in its way.
      const earlier = await this.uow.rows<Payment>(WORKFLOW_PAYMENTS, [rest]);
      for (const payment of earlier) known.set(payment.orderId, { payment, first: false });
    }
    return attempts.map(({ orderId }) => {
      const attempt = known.get(orderId);
      if (!attempt) throw new Error(`The attempt to charge order ${orderId} was neither written nor found`);
      return attempt;
    });
  }

  async insertManual(tx: Tx, payment: NewPayment, request: { scope: string; key: string }): Promise<Payment> {
    const { id, orderId, userId, amount, currency, method, traceId } = payment;
    const [row] = await tx.rows<Payment>(
      `WITH p AS (
         INSERT INTO payments (id, order_id, user_id, kind, amount, currency, method, status, due_at,
                               request_scope, request_key, trace_id)
         VALUES ($1, $2, $3, 'manual', $4, $5, $6, 'pending', now() + ${GRACE}, $7, $8, $9) RETURNING *)
       SELECT ${PAYMENT_COLUMNS} FROM p`,
      [id, orderId, userId, amount, currency, method, request.scope, request.key, traceId],
    );
    if (!row) throw new Error('An INSERT gave no row');
    return row;
  }

  /** True when the order's payment was cancelled. Keeps it from being cancelled until the transaction ends. */
  async isCancelled(tx: Tx, orderId: string): Promise<boolean> {
    const [row] = await tx.rows<{ cancelled: boolean }>(
      `SELECT cancelled FROM payments WHERE order_id = $1 AND kind = 'workflow' FOR SHARE`,
      [orderId],
    );
    return row?.cancelled ?? false;
  }

  /**
   * Records outcomes with their events, and gives the ids of the payments that took them: the events of these are to
   * be handed on when the transaction is committed.
   */
  async recordOutcomes(sql: Sql, items: readonly OutcomeItem[]): Promise<Set<string>> {
    const rows = items.map(({ paymentId, recorded, neverSent, refundId, traceId }) => ({
      ...recorded,
      id: paymentId,
      never_sent: neverSent,
      refund_id: refundId,
      trace_id: traceId,
    }));
    const events = items.flatMap(({ event }) => event ?? []);
    const won = await sql.rows<{ id: string }>(RECORD_OUTCOMES, [
      JSON.stringify(rows),
      this.pump.parameter(events),
    ]);
    return new Set(won.map(({ id }) => id));
  }

  /** Says that one more asks the gateway for this payment. False when there is nothing left to ask for. */
  async takeUp(id: string): Promise<boolean> {
    const rows = await this.uow.rows(
      `UPDATE payments SET attempts = attempts + 1
       WHERE id = $1 AND status = ANY($2::text[]) AND NOT cancelled RETURNING id`,
      [id, UNSETTLED],
    );
    return rows.length > 0;
  }

  /** From here on nothing may be kept of an unsettled payment. */
  async markCancelled(id: string, reason: string): Promise<void> {
    await this.uow.rows(
      `UPDATE payments SET cancelled = true, reason = coalesce(reason, $2), due_at = now() + ${GRACE}, updated_at = now()
       WHERE id = $1 AND status = ANY($3::text[]) AND NOT cancelled`,
      [id, reason, UNSETTLED],
    );
  }

  async get(sql: Sql, id: string): Promise<Payment> {
    const [payment] = await sql.rows<Payment>(`SELECT ${PAYMENT_COLUMNS} FROM payments p WHERE p.id = $1`, [
      id,
    ]);
    if (!payment) throw new Error(`Payment ${id} is gone`);
    return payment;
  }

  /** The payment, locked: refunds of one payment are reserved and recorded one after the other. */
  async lock(tx: Tx, id: string): Promise<Payment | null> {
    const [payment] = await tx.rows<Payment>(
      `SELECT ${PAYMENT_COLUMNS} FROM payments p WHERE p.id = $1 AND p.user_id IS NOT NULL FOR UPDATE`,
      [id],
    );
    return payment ?? null;
  }

  /** Unsettled payments whose time has come; they come again, later each time (15 s at most). */
  takeDue(limit: number): Promise<Payment[]> {
    return this.uow.rows<Payment>(
      `UPDATE payments p SET checks = checks + 1, due_at = now() + make_interval(secs => least(15, 5 * (checks + 1)))
       WHERE p.id IN (
         SELECT id FROM payments WHERE status = ANY($2::text[]) AND status <> 'captured' AND due_at <= now()
         ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED)
       RETURNING ${PAYMENT_COLUMNS}`,
      [limit, UNSETTLED],
    );
  }
}
