import { newId } from '../../src/common/ids.js';
import type { EnvelopeOf, EventEnvelope } from '../../src/common/messaging/contract.js';
import { type OrderChange, OrderEvents } from '../../src/modules/orders/orders.contract.js';

type Change = keyof typeof OrderEvents;
const STATUS: Partial<Record<Change, OrderChange['status']>> = { created: 'pending' };

/** An event around any payload, as the outbox of `name`'s module would send it. */
export function anEnvelope<T>(name: string, payload: T): EventEnvelope<T> {
  return {
    id: newId(),
    name,
    version: 1,
    occurredAt: new Date().toISOString(),
    correlationId: newId(),
    causationId: null,
    traceparent: null,
    payload,
  };
}

/** An order's event: two mugs, unless told otherwise. */
export function anOrderEvent(
  change: Change,
  userId: string,
  more: Partial<OrderChange> = {},
): EnvelopeOf<typeof OrderEvents.confirmed> {
  const price = { amount: 1290, currency: 'EUR' };
  const total = { amount: 2580, currency: 'EUR' };
  return anEnvelope(OrderEvents[change].name, {
    orderId: newId(),
    number: 'WB-2026-000123',
    userId,
    version: 2,
    status: STATUS[change] ?? (change as OrderChange['status']),
    total,
    items: [{ sku: 'MUG-001', name: 'Mug', quantity: 2, unitPrice: price, total }],
    at: new Date().toISOString(),
    reason: null,
    ...more,
  });
}
