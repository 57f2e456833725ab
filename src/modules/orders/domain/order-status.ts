import type { OrderStatus } from '../orders.contract.js';
import { OrderErrors } from '../orders.errors.js';

/** `system` is the workflow itself. */
export type Actor = 'owner' | 'staff' | 'system';

/** From each state, the states that follow it and who may bring that about. */
export const TRANSITIONS: Record<OrderStatus, Partial<Record<OrderStatus, readonly Actor[]>>> = {
  pending: { confirmed: ['system'], failed: ['system'], cancelled: ['owner', 'staff', 'system'] },
  confirmed: { processing: ['staff'], cancelled: ['owner', 'staff', 'system'] },
  processing: { shipped: ['staff'], cancelled: ['owner', 'staff', 'system'] },
  shipped: { delivered: ['staff'] },
  delivered: {},
  failed: {},
  cancelled: {},
};

export function mayMove(from: OrderStatus, to: OrderStatus, actor: Actor): boolean {
  return TRANSITIONS[from][to]?.includes(actor) ?? false;
}

/** Throws ORDER.ILLEGAL_TRANSITION with the states that are possible. */
export function requireTransition(from: OrderStatus, to: OrderStatus, actor: Actor): void {
  if (mayMove(from, to, actor)) return;
  const possible = (Object.keys(TRANSITIONS[from]) as OrderStatus[]).filter((state) =>
    mayMove(from, state, actor),
  );
  const hint = possible.length > 0 ? `it can become ${possible.join(' or ')}` : 'it stays as it is';
  throw OrderErrors.ILLEGAL_TRANSITION(`The order is ${from} and cannot become ${to}; ${hint}`);
}

/** The states in which the owner may still change address and note. */
export function isEditable(status: OrderStatus): boolean {
  return status === 'pending' || status === 'confirmed';
}
