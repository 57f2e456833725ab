import { client } from '../api/client';
import type { Order } from '../queries';

type Status = Order['status'];
export type Move = 'processing' | 'shipped' | 'delivered' | 'cancelled';

/** Where staff may bring an order from each state; the API has the last word. */
export const MOVES: Record<Status, readonly Move[]> = {
  pending: ['cancelled'],
  confirmed: ['processing', 'cancelled'],
  processing: ['shipped', 'cancelled'],
  shipped: ['delivered'],
  delivered: [],
  failed: [],
  cancelled: [],
};

/** Moves an order on, as long as it is as it was seen. */
export async function move({ id, version }: Order, status: Move, reason?: string): Promise<void> {
  const params = { path: { id }, header: { 'If-Match': `"${version}"` } };
  await client.PUT('/api/v1/orders/{id}', { params, body: { status, ...(reason ? { reason } : {}) } });
}
