import { v7 } from 'uuid';

/** A new UUIDv7: sorts by the time it was made, so that rows and index pages fill in order. */
export function newId(): string {
  return v7();
}
