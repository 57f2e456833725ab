import { useEffect, useState } from 'react';
import { follow, say } from '../live';

/** As `WS /ws` brings them: src/modules/notifications/README.md. */
export interface Series {
  metric: string;
  labels: Record<string, string>;
  count: number;
  recent: number;
  buckets?: number[];
}

export interface Gauge {
  metric: string;
  labels: Record<string, string>;
  value: number;
}

export interface ProcessView {
  id: string;
  instance: string;
  pid: number;
  modules: string[];
  startedAt: string;
  state: 'starting' | 'ready' | 'not-ready' | 'stopping';
  failing: Record<string, string>;
  memoryBytes: number;
  cpu: number;
  slowMs: number;
  gauges: Gauge[];
  extras: { waiting?: Record<string, number>; gateway?: { reached: boolean; faults: string[] } };
  gone: boolean;
  seenAt: string;
}

export interface Problem {
  at: string;
  level: 'warn' | 'error' | 'fatal';
  service: string;
  text: string;
  traceId: string | null;
  /** How often; `at` is the last time. */
  times: number;
  instance: string;
}

export interface Snapshot {
  at: string;
  lab: boolean;
  seconds: number;
  recentSeconds: number;
  bounds: Record<string, number[]>;
  series: Series[];
  processes: ProcessView[];
  problems: Problem[];
}

/** One a second: so many are shown as a line. */
const KEPT = 120;

/** The last pictures of the system, the newest last; new ones come for as long as the page is looked at. */
export function useSnapshots(): readonly Snapshot[] {
  const [snapshots, setSnapshots] = useState<readonly Snapshot[]>([]);
  useEffect(() => {
    const what = 'operations';
    return follow({
      type: 'operations',
      ask: { type: 'watch', what },
      stop: { type: 'unwatch', what },
      hear: (data) => setSnapshots((before) => [...before, data as Snapshot].slice(-KEPT)),
    });
  }, []);
  return snapshots;
}

export const breakGateway = (fault: string | null) => say({ type: 'switch', name: 'gateway', value: fault });
export const slow = (process: string, ms: number) =>
  say({ type: 'switch', name: 'slow', process, value: ms });
export const kill = (process: string) => say({ type: 'switch', name: 'kill', process });
