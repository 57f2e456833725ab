import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../lab/member.js';
import type { Options } from '../options.js';
import type { Row } from '../subjects/subject.js';
import type { Machine } from './machine.js';
import type { Medians } from './medians.js';
import { isMet, type Target } from './targets.js';

const FOLDER = 'bench/results';

/** One subject in one round. */
export interface Outcome {
  round: number;
  subject: string;
  rows: readonly Row[];
  /** Why there are none: a violated invariant, or it could not be measured. */
  failure: string | null;
}

export interface Results {
  date: Date;
  command: string;
  machine: Machine;
  options: Options;
  outcomes: readonly Outcome[];
  medians: Medians;
  targets: readonly Target[];
}

/** Writes all of it, and answers the path of the file, from the root of the project. */
export function writeResults({ date, medians, targets, ...rest }: Results): string {
  mkdirSync(join(ROOT, FOLDER), { recursive: true });
  // Colons are no part of a file's name on every system.
  const path = join(FOLDER, `${date.toISOString().slice(0, 19).replaceAll(':', '-')}.json`);
  const told = targets.map((target) => ({ ...target, met: isMet(target) }));
  const text = { date: date.toISOString(), ...rest, medians: Object.fromEntries(medians), targets: told };
  writeFileSync(join(ROOT, path), `${JSON.stringify(text, null, 2)}\n`);
  return path;
}
