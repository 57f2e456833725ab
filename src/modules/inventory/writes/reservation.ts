import { type Context, context } from '@opentelemetry/api';
import type { EventType, PayloadOf } from '../../../common/messaging/contract.js';
import { newEvent, type OutboxEvent } from '../../../common/messaging/outbox.js';
import { isUniqueViolation } from '../../../common/persistence/database-errors.js';
import type { Allocation } from '../domain/allocation.js';
import type { ReservationStatus } from '../domain/reservation.js';

/** A reservation as callers hear of it. */
export interface Reservation {
  orderId: string;
  status: ReservationStatus;
  /** What is or was taken for it. */
  allocations: readonly Allocation[];
  /** Null when nothing was ever held. */
  expiresAt: Date | null;
}

/** Makes an event in the trace of the request that caused it, out of the midst of a batch of many. */
export function eventFrom<E extends EventType>(origin: Context, type: E, payload: PayloadOf<E>): OutboxEvent {
  return context.with(origin, () => newEvent(type, payload));
}

const ATTEMPTS = 3;
/** A reservation and its lines go in together; which of them meets the other's first is PostgreSQL's affair. */
const OVERTAKEN = ['reservations_pkey', 'reservation_lines_pkey'];

/** Runs a transaction again when another one was first to write a reservation: on the next look it is there. */
export async function againWhenOvertaken<T>(transaction: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await transaction();
    } catch (error) {
      const overtaken = OVERTAKEN.some((constraint) => isUniqueViolation(error, constraint));
      if (attempt === ATTEMPTS || !overtaken) throw error;
    }
  }
}
