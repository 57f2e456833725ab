import type { SagaState } from '../../common/saga/saga.js';
import type { Order, OrderLine } from './domain/order.js';

/** What placing an order needs to go on after a crash. Kept beside the order until it is settled. */
export interface PlaceOrder extends SagaState {
  orderId: string;
  userId: string;
  lines: OrderLine[];
  amount: { amount: number; currency: string };
  method: 'card';
  /** The payment token: a secret, gone from the database when the order is settled. */
  token: string;
  /** The request's idempotency key, to keep its answer under. */
  key: { scope: string; key: string } | null;
  /** Known once the payment is taken. */
  paymentId?: string;
  /** The order as it was last written, while the request that wrote it runs; a sweeper reads it again. */
  order?: Order;
}

export const PLACE_ORDER_SECRETS = ['token'] as const;
