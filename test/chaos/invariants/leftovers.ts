import { setTimeout as sleep } from 'node:timers/promises';
import type { Evidence, Footprint, Sql } from '../evidence.js';
import type { Invariant, Offender } from './invariant.js';

/** Longer than any transaction of a system at rest, which looks for work now and then. */
const SECOND_LOOK_MS = 2000;

/** Sessions with a transaction or an advisory lock of another session than ours. */
const OPEN = `
  SELECT a.pid, a.application_name, a.state, a.xact_start::text, left(a.query, 200) AS query
  FROM pg_stat_activity a
  WHERE a.datname = current_database() AND a.backend_type = 'client backend' AND a.pid <> pg_backend_pid()
    AND (a.xact_start IS NOT NULL
         OR EXISTS (SELECT 1 FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory' AND l.granted))`;

interface Open extends Offender {
  pid: number;
  xact_start: string | null;
}

const SESSIONS = `
  SELECT a.application_name, count(*)::int AS sessions, p.most
  FROM pg_stat_activity a JOIN unnest($1::text[], $2::int[]) AS p (name, most) ON p.name = a.application_name
  WHERE a.datname = current_database() GROUP BY 1, 3 HAVING count(*) > p.most`;

/**
 * What a process may have more than when it had warmed up. A leak of a few bytes or a handle for each order or each
 * fault is past that after a run; more products in a cache, or a pool that is full, are not.
 */
const MAY_GROW: { [K in keyof Footprint]: (before: number) => number } = {
  heapBytes: (before) => 1.25 * before + 4 * 2 ** 20,
  handles: (before) => before + 15,
  descriptors: (before) => before + 15,
};

const leftovers: Invariant = {
  name: 'I17',
  says: 'no transaction is left open, and sessions, memory and handles that were watched are back to where they were',
  find: async (evidence) => [
    ...(await leftOpen(evidence.sql)),
    ...(await crowds(evidence)),
    ...grown(evidence),
  ],
};

/** Those that are there at both of two looks: whoever is at work ends its own soon. */
async function leftOpen(sql: Sql): Promise<Offender[]> {
  const first = await sql<Open>(OPEN);
  if (first.length === 0) return [];
  await sleep(SECOND_LOOK_MS);
  const nameOf = ({ pid, xact_start }: Open) => `${pid} ${xact_start}`;
  const before = new Set(first.map(nameOf));
  return (await sql<Open>(OPEN)).filter((each) => before.has(nameOf(each)));
}

/** More sessions than the pools may have. */
function crowds({ sql, pools = {} }: Evidence): Promise<Offender[]> {
  return sql<Offender>(SESSIONS, [Object.keys(pools), Object.values(pools)]);
}

function grown({ processes = [] }: Evidence): Offender[] {
  return processes.flatMap(({ name, before, now }) =>
    (Object.keys(MAY_GROW) as (keyof Footprint)[])
      .filter((what) => now[what] > MAY_GROW[what](before[what]))
      .map((what) => ({ process: name, what, before: before[what], now: now[what] })),
  );
}

export const LEFTOVER_INVARIANTS = [leftovers] as const;
