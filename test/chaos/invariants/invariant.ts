import type { QueryResultRow } from 'pg';
import type { Evidence } from '../evidence.js';

/** A row that must not be: enough to find what is wrong. */
export type Offender = QueryResultRow;

/** Something that may never be otherwise, once load has stopped and faults are healed. */
export interface Invariant {
  name: string;
  says: string;
  /** Whether there is anything to go by; always, when left out. */
  canTell?: (evidence: Evidence) => boolean;
  /** Every row that breaks it. */
  find(evidence: Evidence): Promise<Offender[]>;
}

/** An invariant that is one query, which must answer no rows. */
export function invariant(name: string, says: string, ...queries: string[]): Invariant {
  return {
    name,
    says,
    find: async ({ sql }) => {
      const offenders: Offender[] = [];
      for (const query of queries) offenders.push(...(await sql<Offender>(query)));
      return offenders;
    },
  };
}

/** The states of an order that the customer was promised. */
export const STANDING = "('confirmed', 'processing', 'shipped', 'delivered')";
/** The states of an order that came to nothing. */
export const FALLEN = "('failed', 'cancelled')";
