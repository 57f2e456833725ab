import type { Arrivals, LoadResult } from '../load/generator.js';
import type { Traffic } from '../load/requests.js';
import type { Shop } from '../shop.js';
import { walBytes } from '../stage/databases.js';
import type { Run } from '../stage/run.js';
import { cpuOf, cpuOfAll, cpuOfFamily, millisecondsEach, residentMib } from '../stage/usage.js';
import { type Figures, known } from './subject.js';

export interface OrderLoad {
  shop: Shop;
  arrivals: Arrivals;
  seconds: number;
  /** A SKU that every order takes, beside one of all that there are. */
  hot?: string;
}

/** So that no two loads of a run order the same things. */
let seed = 0;
export const nextSeed = () => (seed += 1);

/**
 * Places orders and measures, from the start of load until all is settled: the outboxes and queues empty, every event
 * taken in.
 */
export async function measureOrders(run: Run, { shop, arrivals, seconds, hot }: OrderLoad): Promise<Figures> {
  const { tokens, skus } = shop;
  const traffic: Traffic = { kind: 'orders', tokens, skus, seed: nextSeed(), ...(hot && { hot }) };
  await run.settled();
  const before = await meter(run);
  const began = performance.now();
  const result = await run.stage.load.run({ url: run.waybill.url, traffic, arrivals, seconds });
  const loadEnded = performance.now();
  run.remember(result.orderIds);
  const settled = await run.settled();
  const after = await meter(run);
  const placed = result.answers['201'] ?? 0;
  if (placed === 0)
    throw new Error(`No order was placed; the answers were ${JSON.stringify(result.answers)}`);
  const each = (one: number | null, other: number | null) => millisecondsEach(one, other, placed);
  return known({
    rate: (placed * 1000) / (settled - began),
    ...latencyOf(result),
    cpu: each(before.all, after.all),
    cpuWaybill: each(before.waybill, after.waybill),
    cpuGateway: each(before.gateway, after.gateway),
    cpuPostgres: each(before.postgres, after.postgres),
    cpuSink: each(before.sink, after.sink),
    cpuLoad: (result.cpuSeconds * 1000) / placed,
    walKib: (after.wal - before.wal) / 1024 / placed,
    residentMib: memoryOf(run.waybill.pids),
    settleSeconds: Math.max(0, settled - loadEnded) / 1000,
  });
}

export function latencyOf({ latency, sent, answers }: LoadResult): Figures {
  const good = (answers['200'] ?? 0) + (answers['201'] ?? 0);
  const { p50, p90, p99 } = latency;
  return { p50, p90, p99, refusedPercent: sent === 0 ? 0 : (100 * (sent - good)) / sent };
}

export function memoryOf(pids: readonly number[]): number | null {
  return sum(pids.map(residentMib));
}

async function meter(run: Run) {
  return {
    wal: await walBytes(run.admin.sql),
    waybill: sum(run.waybill.pids.map(cpuOf)),
    gateway: cpuOf(run.gatewayPid),
    postgres: cpuOfFamily(run.server.postmaster()),
    sink: cpuOf(run.stage.sink.pid),
    all: cpuOfAll(),
  };
}

function sum(values: readonly (number | null)[]): number | null {
  return values.reduce((total, value) => (total === null || value === null ? null : total + value), 0);
}
