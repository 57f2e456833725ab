import { Column, Entity, JoinColumn, ManyToOne, OneToMany, PrimaryColumn } from 'typeorm';
import type { Address, Order, OrderFailure } from '../domain/order.js';
import type { OrderStatus } from '../orders.contract.js';

/** bigint comes from pg as text, to lose no digit; ours are below 2^53. */
const amount = { from: Number, to: (value: number) => value };

@Entity('orders')
export class OrderEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') number!: string;
  @Column('uuid', { name: 'user_id' }) userId!: string;
  @Column('text') status!: OrderStatus;
  @Column('int') version!: number;
  @Column('bigint', { name: 'total_amount', transformer: amount }) totalAmount!: number;
  @Column('text') currency!: string;
  @Column('jsonb', { name: 'shipping_address' }) shippingAddress!: Address;
  @Column('text', { nullable: true }) note!: string | null;
  @Column('uuid', { name: 'payment_id', nullable: true }) paymentId!: string | null;
  @Column('text', { name: 'payment_status', nullable: true }) paymentStatus!: string | null;
  @Column('jsonb', { nullable: true }) failure!: OrderFailure | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt!: Date;

  @OneToMany(
    () => OrderItemEntity,
    (item) => item.order,
  )
  items!: OrderItemEntity[];
}

@Entity('order_items')
export class OrderItemEntity {
  @PrimaryColumn('uuid', { name: 'order_id' }) orderId!: string;
  @PrimaryColumn('int') line!: number;
  @Column('text') sku!: string;
  @Column('text') name!: string;
  @Column('int') quantity!: number;
  @Column('bigint', { name: 'unit_amount', transformer: amount }) unitAmount!: number;

  @ManyToOne(
    () => OrderEntity,
    (order) => order.items,
  )
  @JoinColumn({ name: 'order_id' })
  order!: OrderEntity;
}

@Entity('order_history')
export class OrderHistoryEntity {
  @PrimaryColumn('uuid', { name: 'order_id' }) orderId!: string;
  @PrimaryColumn('int') version!: number;
  @Column('text', { name: 'from_status', nullable: true }) from!: OrderStatus | null;
  @Column('text', { name: 'to_status' }) to!: OrderStatus;
  @Column('timestamptz') at!: Date;
  @Column('text') by!: string;
  @Column('text', { nullable: true }) reason!: string | null;
  @Column('text', { name: 'trace_id', nullable: true }) traceId!: string | null;
}

type ItemRow = Pick<OrderItemEntity, 'line' | 'sku' | 'name' | 'quantity' | 'unitAmount'>;

/** An order as it is read, with its items. */
export type OrderRow = Omit<OrderEntity, 'items'> & { items: ItemRow[] };

export function toOrder(row: OrderRow): Order {
  const { currency } = row;
  const items = row.items
    .toSorted((a, b) => a.line - b.line)
    .map(({ sku, name, quantity, unitAmount }) => ({
      sku,
      name,
      quantity,
      unitPrice: { amount: unitAmount, currency },
      total: { amount: unitAmount * quantity, currency },
    }));
  return {
    id: row.id,
    number: row.number,
    userId: row.userId,
    status: row.status,
    version: row.version,
    items,
    total: { amount: row.totalAmount, currency },
    shippingAddress: row.shippingAddress,
    note: row.note,
    payment: row.paymentId ? { id: row.paymentId, status: row.paymentStatus ?? 'captured' } : null,
    failure: row.failure,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
