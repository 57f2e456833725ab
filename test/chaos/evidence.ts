import { readFile } from 'node:fs/promises';
import type { QueryResultRow } from 'pg';
import type { LedgerEntry } from '../../src/mock-gateway/ledger.js';

/** Runs a statement as the superuser; tables are named with their schema. */
export type Sql = <R extends QueryResultRow>(text: string, values?: unknown[]) => Promise<R[]>;

/** What the driver saw, one record for each thing; a line of JSON each in an acknowledgements file. */
export type Sighting =
  /** An answer to `POST /orders`. */
  | { kind: 'placed'; user: string; key: string; status: number; orderId: string | null; code: string | null }
  /** A `POST /orders` whose answer was lost. */
  | { kind: 'unanswered'; user: string; key: string }
  /** An order that was cancelled, so the answer said. */
  | { kind: 'cancelled'; orderId: string }
  /** A hit, and how many requests it may have hit: were under way, or lost their answers by it. */
  | { kind: 'fault'; name: string; inFlight: number };

/** Everything that the checker goes by. */
export interface Evidence {
  sql: Sql;
  /** The gateway's own book, the oldest entry first. */
  ledger: readonly LedgerEntry[];
  /** Null when nobody watched: then I0 and I1 say nothing, and I2 goes by the database alone. */
  sightings: readonly Sighting[] | null;
  /** Left out where there is none. */
  broker?: BrokerView;
  /** Processes that somebody has kept an eye on. */
  processes?: readonly Watched[];
  /** How many sessions the database may have at most, by application name: the sizes of the pools. */
  pools?: Readonly<Record<string, number>>;
}

/** The queues when all is at rest. */
export interface BrokerView {
  queues: readonly QueueView[];
  /** Messages that consumers have in hand; 0 where nobody could ask the broker itself. */
  unacknowledged: number;
  deadLetters: readonly DeadLetter[];
  /** Ids of the messages that a test has made die on purpose. */
  planted: readonly string[];
}

export interface QueueView {
  name: string;
  /** Of a dead-letter queue they are looked at one by one instead. */
  messages: number;
  consumers: number;
  /** How many consumers there must be. */
  expected: number;
}

export interface DeadLetter {
  /** Which could not take it in. */
  module: string;
  /** Of the event. */
  id: string;
  reason: string;
}

/** A process when it had warmed up, and now; one that was killed is compared with the one before it. */
export interface Watched {
  name: string;
  before: Footprint;
  now: Footprint;
}

export interface Footprint {
  /** In use on the JavaScript heap when all garbage is gone. */
  heapBytes: number;
  /** What keeps Node's event loop busy: sockets, servers, timers. */
  handles: number;
  /** Open files and sockets; 0 where the system does not tell. */
  descriptors: number;
}

/** The ledger of a gateway that runs. */
export async function ledgerOf(gatewayUrl: string): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const response = await fetch(`${gatewayUrl}/ledger?after=${after}&limit=1000`);
    if (!response.ok) throw new Error(`The gateway's ledger could not be read: ${response.status}`);
    const page = (await response.json()) as { entries: LedgerEntry[]; next: number | null };
    entries.push(...page.entries);
    after = page.next;
  }
  return entries;
}

/** Records in a file of JSON lines: a ledger, or acknowledgements. A last line torn by a crash is left out. */
export async function readLines<T>(path: string): Promise<T[]> {
  const lines = (await readFile(path, 'utf8')).split('\n');
  return lines.slice(0, -1).map((line) => JSON.parse(line) as T);
}
