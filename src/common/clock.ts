/** The application's clock. Leases, expiry and idempotency use the database's instead (see docs/adr). */
export abstract class Clock {
  abstract now(): Date;
}

export class SystemClock extends Clock {
  now(): Date {
    return new Date();
  }
}
