import type { Options, SubjectName } from '../options.js';
import type { Stage } from '../stage/stage.js';

/** What is measured of a load. Milliseconds, but where the name says otherwise. */
export interface Figures {
  /** Orders (or reads) a second, to their durable end. */
  rate?: number;
  p50?: number;
  p90?: number;
  p99?: number;
  /** CPU milliseconds that each took: of the whole machine, and the parts of it that we know. */
  cpu?: number;
  cpuWaybill?: number;
  cpuPostgres?: number;
  cpuGateway?: number;
  cpuLoad?: number;
  cpuSink?: number;
  /** What PostgreSQL wrote to its log for each order. */
  walKib?: number;
  residentMib?: number;
  /** From the last answer until all was settled. */
  settleSeconds?: number;
  /** Of the requests: what was answered with an error, or not at all. */
  refusedPercent?: number;
  /** Transactions that pgbench gave up. */
  failed?: number;
  /** From the confirmation of an order until its notification is recorded. */
  eventsP99?: number;
  startSeconds?: number;
}

/** One line of the table. */
export interface Row {
  name: string;
  figures: Figures;
}

export interface Bench {
  stage: Stage;
  options: Options;
  /** Told of each load before it begins. */
  step: (name: string) => void;
}

export interface Subject {
  name: SubjectName;
  /** @throws when it cannot be measured, or an invariant is violated: then nothing of it counts */
  measure(bench: Bench): Promise<Row[]>;
}

/** Figures without those that the machine does not tell. */
export function known(figures: { [F in keyof Figures]: number | null | undefined }): Figures {
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => value != null)) as Figures;
}
