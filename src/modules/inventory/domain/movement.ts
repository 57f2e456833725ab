import type { Allocation } from './allocation.js';

export type MovementKind = 'received' | 'adjusted' | 'reserved' | 'released' | 'committed' | 'restocked';

/** One change of the stock of one thing in one warehouse. Together they add up to the stock. */
export interface Movement {
  sku: string;
  warehouse: string;
  kind: MovementKind;
  onHandDelta: number;
  reservedDelta: number;
  reason: string;
  /** A user's id, or `system`. */
  actor: string;
  orderId: string | null;
  /** The trace of the request that brought it about. */
  traceId: string | null;
}

/** Why a change is made, by whom, and in which trace. */
export interface Cause {
  reason: string;
  actor: string;
  traceId: string | null;
}

export const SYSTEM = 'system';

/** What each kind does to the stock of an order's line: sign of on-hand, sign of reserved. */
const EFFECT = {
  reserved: [0, 1],
  released: [0, -1],
  committed: [-1, -1],
  restocked: [1, 0],
} as const;

/** The movements by which an order's lines change state. */
export function moveLines(
  kind: keyof typeof EFFECT,
  orderId: string,
  lines: readonly Allocation[],
  cause: Cause,
): Movement[] {
  const [onHand, reserved] = EFFECT[kind];
  return lines.map(({ sku, warehouse, quantity }) => ({
    sku,
    warehouse,
    kind,
    onHandDelta: onHand * quantity,
    reservedDelta: reserved * quantity,
    ...cause,
    orderId,
  }));
}

/** Stock that leaves the shelf at once, without having been held. */
export function commitUnheld(orderId: string, lines: readonly Allocation[], cause: Cause): Movement[] {
  return moveLines('committed', orderId, lines, cause).map((movement) => ({ ...movement, reservedDelta: 0 }));
}

/** Stock that is counted, delivered, lost or damaged. */
export function adjustment(sku: string, warehouse: string, delta: number, cause: Cause): Movement {
  const kind = delta > 0 ? 'received' : 'adjusted';
  return { sku, warehouse, kind, onHandDelta: delta, reservedDelta: 0, ...cause, orderId: null };
}
