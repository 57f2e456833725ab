import { Column, Entity, PrimaryColumn, type ValueTransformer } from 'typeorm';
import type { PaymentStatus } from '../domain/payment-state.js';

/** PostgreSQL's driver gives bigint as text; amounts are far below 2^53. */
export const minorUnits: ValueTransformer = { from: Number, to: (value: number) => value };

/** One attempt to take money for an order, and what became of it. Amounts are minor units of `currency`. */
@Entity({ name: 'payments' })
export class Payment {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'order_id' })
  orderId!: string;

  /** The order's owner. Null in a tombstone: a cancellation that came before the charge. */
  @Column('uuid', { name: 'user_id', nullable: true })
  userId!: string | null;

  /** Of an order's workflow there is one payment at most, of those made by hand any number. */
  @Column('text')
  kind!: 'workflow' | 'manual';

  @Column('bigint', { transformer: minorUnits })
  amount!: number;

  @Column('text')
  currency!: string;

  @Column('bigint', { transformer: minorUnits })
  refunded!: number;

  @Column('text')
  method!: 'card';

  @Column('text')
  status!: PaymentStatus;

  @Column('text', { name: 'gateway_key' })
  gatewayKey!: string;

  @Column('text', { name: 'gateway_reference', nullable: true })
  gatewayReference!: string | null;

  @Column('text', { nullable: true })
  reason!: string | null;

  /** Nothing may be kept: written before the gateway is asked to void or pay back. */
  @Column('boolean')
  cancelled!: boolean;

  /** How often the poller has looked at it. */
  @Column('int')
  checks!: number;

  /** The idempotency key under which it was made by hand. */
  @Column('text', { name: 'request_scope', nullable: true })
  requestScope!: string | null;

  @Column('text', { name: 'request_key', nullable: true })
  requestKey!: string | null;

  /** Of the request that asked for it: who finishes it does so in its trace. */
  @Column('text', { nullable: true })
  traceparent!: string | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
}

/** A payment as our own statements give it. */
export type PaymentRow = Pick<Payment, keyof Payment>;

/** The columns of a payment `p` for statements of our own, in the shape of the entity. */
export const PAYMENT_COLUMNS = `p.id, p.order_id AS "orderId", p.user_id AS "userId", p.kind,
  p.amount::float8 AS amount, p.currency, p.refunded::float8 AS refunded, p.method, p.status,
  p.gateway_key AS "gatewayKey", p.gateway_reference AS "gatewayReference", p.reason, p.cancelled, p.checks,
  p.request_scope AS "requestScope", p.request_key AS "requestKey", p.traceparent,
  p.created_at AS "createdAt", p.updated_at AS "updatedAt"`;
