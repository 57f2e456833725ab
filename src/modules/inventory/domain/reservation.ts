/**
 * What has become of the stock of an order. There is one reservation an order, ever:
 * held → committed → restocked, or held → released; refused when there was not enough. A release that comes
 * first leaves it released with nothing in it, and so refuses the reserve that is still on its way.
 */
export const RESERVATION_STATUSES = ['held', 'committed', 'released', 'restocked', 'refused'] as const;
export type ReservationStatus = (typeof RESERVATION_STATUSES)[number];

export interface ReservationState {
  status: ReservationStatus;
  /** The order itself has given it up (it failed or was cancelled): nothing may be taken for it any more. */
  closed: boolean;
}

type Known = ReservationState | undefined;

/** A reserve takes stock once; asked again, it is answered as before. */
export function onReserve(known: Known): 'take' | 'answer again' | 'refuse again' | 'closed' {
  switch (known?.status) {
    case undefined:
      return 'take';
    case 'held':
    case 'committed':
      return 'answer again';
    case 'refused':
      return 'refuse again';
    case 'released':
    case 'restocked':
      return 'closed';
  }
}

/** A release gives back whatever is out, and bars the way for a reserve that comes later. */
export function onRelease(known: Known): 'free' | 'restock' | 'bar' | 'nothing' {
  switch (known?.status) {
    case undefined:
      return 'bar';
    case 'held':
      return 'free';
    case 'committed':
      return 'restock';
    case 'released':
    case 'restocked':
    case 'refused':
      return 'nothing';
  }
}

/**
 * A confirmed order is paid: what is held for it leaves the shelf. Where nothing is held any more (a person
 * released it, it expired) the stock is taken afresh if it is there, unless the order was given up since.
 */
export function onConfirmed(known: Known): 'commit' | 'take afresh' | 'nothing' {
  if (known?.closed) return 'nothing';
  switch (known?.status) {
    case 'held':
      return 'commit';
    case undefined:
    case 'released':
    case 'refused':
      return 'take afresh';
    case 'committed':
    case 'restocked':
      return 'nothing';
  }
}

/** Why stock is free again that was held for too long. */
export const EXPIRED = 'expired';

/** A reservation whose time is over is kept while its order lives: its payment may be under way. */
export function onExpiry(orderStatus: string | undefined): 'keep' | 'release' {
  return orderStatus === undefined || orderStatus === 'failed' || orderStatus === 'cancelled'
    ? 'release'
    : 'keep';
}
