import { Column, Entity, PrimaryColumn } from 'typeorm';
import { minorUnits } from './payment.entity.js';

/** Money on its way back. Written before the gateway is asked; what is pending counts against what is left. */
@Entity({ name: 'refunds' })
export class Refund {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'payment_id' })
  paymentId!: string;

  @Column('bigint', { transformer: minorUnits })
  amount!: number;

  /** `cancel`: goes on until it is done. `void`: the gateway paid back when the charge was voided. */
  @Column('text')
  origin!: 'manual' | 'cancel' | 'void';

  @Column('text')
  state!: 'pending' | 'done' | 'failed';

  @Column('text', { name: 'gateway_key' })
  gatewayKey!: string;

  @Column('text', { name: 'gateway_reference', nullable: true })
  gatewayReference!: string | null;

  @Column('text', { nullable: true })
  reason!: string | null;

  /** Who asked for it by hand. */
  @Column('uuid', { nullable: true })
  actor!: string | null;

  @Column('int')
  attempts!: number;

  @Column('text', { name: 'request_scope', nullable: true })
  requestScope!: string | null;

  @Column('text', { name: 'request_key', nullable: true })
  requestKey!: string | null;

  /** As of a payment. */
  @Column('text', { nullable: true })
  traceparent!: string | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}

/** The columns of a refund `r`, in the shape of the entity. */
export const REFUND_COLUMNS = `r.id, r.payment_id AS "paymentId", r.amount::float8 AS amount, r.origin, r.state,
  r.gateway_key AS "gatewayKey", r.gateway_reference AS "gatewayReference", r.reason, r.actor, r.attempts,
  r.request_scope AS "requestScope", r.request_key AS "requestKey", r.traceparent, r.created_at AS "createdAt"`;
