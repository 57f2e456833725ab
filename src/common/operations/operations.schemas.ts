import { z } from 'zod';

// The web page takes its types from here (web/src/operations/snapshot.ts): nothing of the server may be imported.

/** Characters of a report. What is longer is none of ours. */
export const MAX_TEXT = 64 * 1024;
/** Of each list in a report, so that reports stay short whatever happens. */
export const MAX_SERIES = 150;
export const MAX_PROBLEMS = 20;

const Text = z.string().max(400);
const Labels = z.record(z.string().max(60), z.string().max(200));
const Count = z.number().min(0);

/** What was counted, or timed, in the last minute. */
const SeriesSchema = z.strictObject({
  metric: z.string().max(100),
  labels: Labels,
  count: Count,
  /** Of these, in the last few seconds. */
  recent: Count,
  /** Of a histogram: how many took no longer than each of its bounds. */
  buckets: z.array(Count).max(30).optional(),
});

const GaugeSchema = z.strictObject({ metric: z.string().max(100), labels: Labels, value: z.number() });

const ProblemSchema = z.strictObject({
  at: z.iso.datetime(),
  level: z.enum(['warn', 'error', 'fatal']),
  service: Text,
  text: Text,
  traceId: z.string().max(32).nullable(),
  times: z.int(),
});

const ProcessSchema = z.strictObject({
  /** This run of the process. */
  id: z.uuid(),
  /** Where it listens, as `instance` in metrics: host:port. */
  instance: Text,
  pid: z.int(),
  modules: z.array(z.string().max(50)).max(50),
  startedAt: z.iso.datetime(),
  state: z.enum(['starting', 'ready', 'not-ready', 'stopping']),
  /** Parts that keep it from being ready, and why. */
  failing: z.record(z.string().max(100), Text),
  memoryBytes: Count,
  /** Of one core, since the last report. */
  cpu: Count,
  /** Milliseconds by which a switch of the lab slows it. */
  slowMs: Count,
  gauges: z.array(GaugeSchema).max(MAX_SERIES),
  /** By whoever adds something to reports. */
  extras: z.record(z.string().max(50), z.unknown()),
});

/** What a process tells: of itself, and of what it has done. */
export const ReportSchema = z.strictObject({
  process: ProcessSchema,
  /** Seconds that `series` are about, and of their `recent`. */
  seconds: Count,
  recentSeconds: Count,
  bounds: z.record(z.string().max(100), z.array(z.number()).max(30)),
  series: z.array(SeriesSchema).max(MAX_SERIES),
  problems: z.array(ProblemSchema).max(MAX_PROBLEMS),
});

export type Report = z.infer<typeof ReportSchema>;
export type Series = z.infer<typeof SeriesSchema>;
export type Gauge = z.infer<typeof GaugeSchema>;
export type Problem = z.infer<typeof ProblemSchema>;

/** A switch that somebody has thrown. */
export const SwitchSchema = z.strictObject({
  name: z.string().regex(/^[a-z-]{1,30}$/),
  /** The run of a process that is meant; none for those that are about something else. */
  process: z.uuid().optional(),
  value: z.union([z.string().max(50), z.number(), z.null()]).default(null),
});
export type Switch = z.infer<typeof SwitchSchema>;

export const ThrownSchema = SwitchSchema.extend({ by: z.string().max(100) });
/** With the user who threw it. */
export type Thrown = z.infer<typeof ThrownSchema>;

/** A process as those who watch see it. */
export interface ProcessView extends z.infer<typeof ProcessSchema> {
  /** It has not been heard of for some seconds. */
  gone: boolean;
  /** When it was heard of last. */
  seenAt: string;
}

/** All that is known of the system, at a moment. `series` are added up over the processes: quantiles are made of those. */
export interface Snapshot {
  at: string;
  /** Whether there are switches. */
  lab: boolean;
  /** Whether other processes could not be seen if there were any: without Redis. */
  alone: boolean;
  seconds: number;
  recentSeconds: number;
  bounds: Record<string, number[]>;
  series: Series[];
  processes: ProcessView[];
  problems: (Problem & { instance: string })[];
}
