import { client } from '../api/client';
import type { Order } from '../queries';

export type Target = 'processing' | 'shipped' | 'delivered' | 'cancelled';

/** Where staff may take an order from here: as the table in src/modules/orders/domain/order-status.ts. */
export const NEXT: Readonly<Record<Order['status'], readonly Target[]>> = {
  pending: ['cancelled'],
  confirmed: ['processing', 'cancelled'],
  processing: ['shipped', 'cancelled'],
  shipped: ['delivered'],
  delivered: [],
  failed: [],
  cancelled: [],
};

/** Moves the order that somebody has looked at, and no later version of it. @throws Problem */
export async function move({ id, version }: Order, status: Target, reason?: string): Promise<void> {
  await client.PUT('/api/v1/orders/{id}', {
    params: { path: { id }, header: { 'If-Match': `"${version}"` } },
    body: { status, ...(reason ? { reason } : {}) },
  });
}
