import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Milliseconds between two looks at how busy the process is. */
const LOOK_MS = 2_000;
/** Parts of the time in which the event loop has something to do: hard work, and next to none. Looking for work takes 0.06 on a slow machine. */
const BUSY = 0.3;
const QUIET = 0.15;

type Collect = (options: { execution: 'sync'; type: 'major'; flavor: 'last-resort' }) => void;

/**
 * Gives memory back to the machine once there is nothing to do after hard work: the start, a peak of load. V8's young
 * generation grows while it is needed and stays as it is, by some 70 MiB; a collection of the kind that V8 keeps for
 * when memory runs out lets go of it. It holds the process up for 0.1 to 0.3 s, so it never comes while anybody works
 * it, and once only: light work does not bring the next one about. (docs/adr/0026)
 */
export function giveMemoryBackWhenQuiet(collect: () => void = collectAll, lookMs = LOOK_MS): () => void {
  let wasBusy = true;
  let before = performance.eventLoopUtilization();
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    if (utilization > BUSY) wasBusy = true;
    if (!wasBusy || utilization > QUIET) return;
    wasBusy = false;
    collect();
  }, lookMs).unref();
  return () => clearInterval(timer);
}

/** What `node --expose-gc` gives, without having to be started so. */
function collectAll(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as Collect;
  setFlagsFromString('--no-expose-gc');
  collect({ execution: 'sync', type: 'major', flavor: 'last-resort' });
}
