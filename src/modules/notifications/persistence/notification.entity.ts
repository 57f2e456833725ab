import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Channel } from '../domain/kinds.js';

/** `queued` is ours alone: nobody is shown a notification before it has an outcome. */
export type NotificationStatus = 'queued' | 'sent' | 'failed' | 'suppressed';

@Entity('notifications')
export class Notification {
  /** UUIDv7, so that the newest has the highest. */
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'user_id' })
  userId!: string;

  @Column('uuid', { name: 'order_id', nullable: true })
  orderId!: string | null;

  @Column('text')
  template!: string;

  @Column('text')
  type!: Channel;

  @Column('text')
  subject!: string;

  @Column('text')
  body!: string;

  @Column('text')
  status!: NotificationStatus;

  @Column('text', { nullable: true })
  traceparent!: string | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}
