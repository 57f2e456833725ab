import { setTimeout as sleep } from 'node:timers/promises';
import { inLanes } from '../../lab/in-lanes.js';
import { field } from './http.js';
import type { Probe } from './prober.js';
import type { Shopper } from './shopper.js';

/** What a client can tell of its orders when the storm is over. Empty lists are good. */
export interface Aftermath {
  /** Orders whose answer was lost or no, asked for again under their keys. */
  askedAgain: number;
  /** Keys that got no answer of their own within the time. */
  unanswered: string[];
  /** Orders that were confirmed to the client and are not there, or not confirmed. */
  lost: string[];
  /** Confirmed orders that the client was never told of: made twice, or out of nothing. */
  extra: string[];
  /** Orders that could not be cancelled, whose stock and money are not given back. */
  kept: string[];
}

const EVERY_MS = 300;
const TIMEOUT_MS = 10_000;
/** What is in hand at once. */
const LANES = 4;

/**
 * Asks again for every order that was not confirmed, under its key: each must get an answer of its own, and none may be
 * there twice. Then looks for every confirmed order, and cancels it. @throws NoAnswer when nobody answers any more
 */
export async function settle(
  shopper: Shopper,
  probes: readonly Probe[],
  limitMs: number,
): Promise<Aftermath> {
  const confirmed = new Set<string>();
  for (const { verdict, orderId } of probes) if (verdict === 'good' && orderId) confirmed.add(orderId);
  const again = probes.filter(({ verdict }) => verdict !== 'good');
  const unanswered: string[] = [];
  const end = performance.now() + limitMs;
  await inLanes(LANES, again, async ({ key }) => {
    const orderId = await insist(shopper, key, end);
    if (orderId === undefined) unanswered.push(key);
    else if (orderId !== null) confirmed.add(orderId);
  });
  const there = await confirmedOrders(shopper);
  const lost = [...confirmed].filter((id) => !there.has(id));
  const extra = [...there].filter((id) => !confirmed.has(id));
  const kept: string[] = [];
  await inLanes(LANES, [...there], async (id) => {
    const path = `/api/v1/orders/${id}`;
    const { status } = await shopper.ask({ method: 'DELETE', path }, TIMEOUT_MS);
    if (status !== 200) kept.push(id);
  });
  return { askedAgain: again.length, unanswered, lost, extra, kept };
}

/** The order of a key; null when it was refused for good; undefined when there was no telling in time. */
async function insist(shopper: Shopper, key: string, end: number): Promise<string | null | undefined> {
  for (;;) {
    const { verdict, orderId, why } = await shopper.order(key);
    if (verdict === 'good') return orderId;
    // The answer of a key stays 202; the order itself goes on.
    if (verdict === 'unsettled' && orderId) {
      const { body } = await shopper.ask({ method: 'GET', path: `/api/v1/orders/${orderId}` }, TIMEOUT_MS);
      const status = field(body, 'status');
      if (status === 'confirmed') return orderId;
      if (status === 'failed') return null;
    }
    if (verdict === 'wrong' && why?.startsWith('402 ')) return null;
    if (performance.now() > end) return undefined;
    await sleep(EVERY_MS);
  }
}

async function confirmedOrders(shopper: Shopper): Promise<Set<string>> {
  const ids = new Set<string>();
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = `status=confirmed&limit=100${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`;
    const { status, body } = await shopper.ask({ method: 'GET', path: `/api/v1/orders?${page}` }, TIMEOUT_MS);
    if (status !== 200) throw new Error(`The list of orders was answered with ${status}`);
    for (const order of field(body, 'data') as unknown[]) ids.add(String(field(order, 'id')));
    cursor = field(body, 'nextCursor') as string | null;
  }
  return ids;
}
