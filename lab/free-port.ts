import { randomInt } from 'node:crypto';
import { requireFreePort } from '../src/port-check.js';

/** Below what systems hand out for outgoing connections, one of which could sit on the port before we do. */
const FIRST = 20_000;
const LAST = 31_999;
const TRIES = 50;

/** Who got one may not listen yet. */
const given = new Set<number>();

/** A port of 127.0.0.1 that is free now: `preferred` if it is, else any that was not given to somebody else here. */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && (await isFree(preferred))) return preferred;
  for (let tries = 0; tries < TRIES; tries++) {
    const port = randomInt(FIRST, LAST + 1);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port found between ${FIRST} and ${LAST}`);
}

async function isFree(port: number): Promise<boolean> {
  try {
    await requireFreePort('127.0.0.1', port);
    return true;
  } catch {
    return false;
  }
}
