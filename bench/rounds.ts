import type { Options } from './options.js';
import type { Outcome } from './report/results.js';
import type { Stage } from './stage/stage.js';
import { findPgbench } from './sql/pgbench.js';
import type { Subject } from './subjects/subject.js';

export interface Surroundings {
  stage: Stage;
  subjects: readonly Subject[];
  options: Options;
  step: (text: string) => void;
  say: (line: string) => void;
  /** Aborted when we are ending: what fails then has not failed by itself. */
  signal: AbortSignal;
}

/** Fails early, for want of a program that would be missed only later. */
export function requirePrograms({ only }: Options): void {
  if (only.some((name) => name.startsWith('sql-'))) findPgbench();
}

/**
 * Every subject once in each round, and every other round backwards, so that neither what changes on the machine
 * meanwhile nor who came before favours one of them. One that fails does not keep the others from being measured.
 */
export async function measureRounds(surroundings: Surroundings): Promise<Outcome[]> {
  const { stage, subjects, options, step, say, signal } = surroundings;
  const outcomes: Outcome[] = [];
  for (let round = 1; round <= options.rounds; round += 1) {
    const stepOf = (text: string) => step(`round ${round} of ${options.rounds}  ${text}`);
    stepOf(round === 1 ? 'filling a database, logging buyers in' : 'logging buyers in again');
    await stage.prepare();
    for (const subject of round % 2 === 1 ? subjects : subjects.toReversed()) {
      const { name } = subject;
      try {
        const rows = await subject.measure({ stage, options, step: stepOf });
        outcomes.push({ round, subject: name, rows, failure: null });
      } catch (error) {
        signal.throwIfAborted();
        const failure = error instanceof Error ? error.message : String(error);
        say(`${name} counts as nothing in round ${round}: ${failure}`);
        outcomes.push({ round, subject: name, rows: [], failure });
      }
    }
  }
  return outcomes;
}
