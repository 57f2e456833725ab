import type { Evidence } from './evidence.js';
import { BROKER_INVARIANTS } from './invariants/broker.js';
import { EVENT_INVARIANTS } from './invariants/events.js';
import type { Invariant, Offender } from './invariants/invariant.js';
import { LEFTOVER_INVARIANTS } from './invariants/leftovers.js';
import { MONEY_INVARIANTS } from './invariants/money.js';
import { HISTORY_INVARIANTS, ORDER_INVARIANTS } from './invariants/orders.js';
import { STOCK_INVARIANTS } from './invariants/stock.js';

/** I1 to I17. */
export const INVARIANTS: readonly Invariant[] = [
  ...ORDER_INVARIANTS,
  ...STOCK_INVARIANTS,
  ...MONEY_INVARIANTS,
  ...EVENT_INVARIANTS,
  ...HISTORY_INVARIANTS,
  ...BROKER_INVARIANTS,
  ...LEFTOVER_INVARIANTS,
];

export interface Finding {
  name: string;
  says: string;
  /** `inconclusive`: nothing can be concluded from this run. `not asked`: there is nothing to go by. */
  state: 'ok' | 'VIOLATED' | 'inconclusive' | 'not asked';
  offenders: Offender[];
}

/** Fewer acknowledged orders than this prove nothing. */
export const ENOUGH = 20;

/** Looks at everything, when load has stopped and what it left behind had its time to settle. */
export async function check(evidence: Evidence): Promise<Finding[]> {
  const findings = [notVacuous(evidence)];
  for (const { name, says, canTell, find } of INVARIANTS) {
    if (canTell?.(evidence) === false) {
      findings.push({ name, says, state: 'not asked', offenders: [] });
      continue;
    }
    const offenders = await find(evidence);
    findings.push({ name, says, state: offenders.length > 0 ? 'VIOLATED' : 'ok', offenders });
  }
  return findings;
}

/** I0: a run in which little was done, or in which a fault hit nothing, is no proof. */
function notVacuous({ sightings }: Evidence): Finding {
  const says = `at least ${ENOUGH} orders were acknowledged, and every fault hit while work was in flight`;
  if (sightings === null) return { name: 'I0', says, state: 'not asked', offenders: [] };
  const acknowledged = sightings.filter((each) => each.kind === 'placed' && each.orderId !== null).length;
  const offenders: Offender[] = sightings.filter((each) => each.kind === 'fault' && each.inFlight === 0);
  if (acknowledged < ENOUGH) offenders.push({ acknowledged, enough: ENOUGH });
  return { name: 'I0', says, state: offenders.length > 0 ? 'inconclusive' : 'ok', offenders };
}

const SHOWN = 5;

/** A line per invariant, and under one that does not hold some of the rows that break it. */
export function report(findings: readonly Finding[]): string {
  return findings
    .flatMap(({ name, says, state, offenders }) => [
      `${name.padEnd(4)}${state.padEnd(13)}${says}`,
      ...offenders.slice(0, SHOWN).map((row) => `    ${JSON.stringify(row)}`),
      ...(offenders.length > SHOWN ? [`    … and ${offenders.length - SHOWN} more`] : []),
    ])
    .join('\n');
}

/** Throws with the report unless every invariant holds that can be asked for, and the run was one that proves it. */
export function requireAllOk(findings: readonly Finding[]): void {
  if (findings.some(({ name, state }) => state === 'VIOLATED' || (name === 'I0' && state !== 'ok')))
    throw new Error(`Not everything holds:\n${report(findings)}`);
}
