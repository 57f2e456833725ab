import { setTimeout as sleep } from 'node:timers/promises';
import { memoryOf } from './measure.js';
import { known, type Row, type Subject } from './subject.js';

/** Nothing is going on after that which belongs to the start; the processes have noticed, and given memory back. */
const REST_MS = 10_000;

export const IDLE_ONE = 'idle, one process';
export const IDLE_SPLIT = 'idle, split';

/** How long it takes to be ready, on a database that is there and filled, and what is resident then. */
export const IDLE: Subject = {
  name: 'idle',
  measure: async ({ stage, step }) => {
    const rows: Row[] = [];
    for (const [name, split] of [
      [IDLE_ONE, false],
      [IDLE_SPLIT, true],
    ] as const) {
      step(name);
      await stage.run({ split }, async ({ waybill }) => {
        await sleep(REST_MS);
        const { startSeconds, pids } = waybill;
        rows.push({ name, figures: known({ startSeconds, residentMib: memoryOf(pids) }) });
      });
    }
    return rows;
  },
};
