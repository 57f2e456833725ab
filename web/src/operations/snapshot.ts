import { useEffect, useState } from 'react';
import type {
  ProcessView as Told,
  Snapshot as ToldSnapshot,
} from '../../../src/common/operations/operations.schemas';
import { follow, say } from '../live';

export type { Gauge, Series } from '../../../src/common/operations/operations.schemas';

/** A process, with what its modules add. */
export type ProcessView = Told & {
  extras: {
    /** Events that wait, by module: waiting-events.ts. */
    waiting?: Record<string, number>;
    /** The mock gateway as the lab has broken it: gateway-faults.ts. */
    gateway?: { reached: boolean; faults: string[] };
  };
};
export type Snapshot = Omit<ToldSnapshot, 'processes'> & { processes: ProcessView[] };
export type Problem = Snapshot['problems'][number];

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
