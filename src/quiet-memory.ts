import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Logger } from '@nestjs/common';

/** Milliseconds between two looks at how busy the process is. */
const LOOK_MS = 2_000;
/** Looks in a row that have to find it quiet. */
const QUIET_LOOKS = 3;
/** Parts of the time in which the event loop has something to do: hard work, and next to none. Looking for work takes 0.06 on a slow machine. */
const BUSY = 0.3;
const QUIET = 0.15;

/**
 * Gives memory back to the machine once there is next to nothing to do after hard work: the start, a peak of load. V8's
 * young generation grows while it is needed and stays as it is, by some 70 MiB; a collection of the kind that V8 keeps
 * for when memory runs out lets go of it. That holds the process up for some 0.2 s, and comes once: light work, however
 * long, brings none about. Goes on until the function that it answers is called. (docs/adr/0026)
 */
export function giveMemoryBackWhenQuiet(collect: () => void = collectAll, lookMs = LOOK_MS): () => void {
  let wasBusy = true;
  let quietLooks = 0;
  let before = performance.eventLoopUtilization();
  let timer = setTimeout(look, lookMs).unref();
  return () => clearTimeout(timer);

  function look(): void {
    const { utilization } = performance.eventLoopUtilization(before);
    if (utilization > BUSY) wasBusy = true;
    quietLooks = utilization > QUIET ? 0 : quietLooks + 1;
    if (wasBusy && quietLooks >= QUIET_LOOKS) {
      wasBusy = false;
      try {
        collect();
      } catch (error) {
        new Logger('QuietMemory').warn({ err: error }, 'Memory is not given back: this Node cannot');
        return;
      }
    }
    // The collection itself is not work.
    before = performance.eventLoopUtilization();
    timer = setTimeout(look, lookMs).unref();
  }
}

function collectAll(): void {
  (globalThis.gc ?? collector())({ execution: 'sync', type: 'major', flavor: 'last-resort' });
}

/** What `node --expose-gc` gives, without having to be started so. */
function collector(): NonNullable<typeof globalThis.gc> {
  setFlagsFromString('--expose-gc');
  try {
    return runInNewContext('gc') as NonNullable<typeof globalThis.gc>;
  } finally {
    setFlagsFromString('--no-expose-gc');
  }
}
