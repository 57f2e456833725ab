import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** In the order in which a round runs them. What is compared with each other stands close together. */
export const SUBJECT_NAMES = [
  'sql-n',
  'one-process',
  'grown',
  'sql-1',
  'hot',
  'gateway',
  'no-telemetry',
  'watched',
  'split',
  'open-loop',
  'reads',
  'idle',
] as const;
export type SubjectName = (typeof SUBJECT_NAMES)[number];
/** Ratios so near to 1 that short windows cannot tell them from noise. */
const NOT_QUICK: readonly SubjectName[] = ['gateway', 'no-telemetry', 'watched'];

export interface Options {
  only: readonly SubjectName[];
  rounds: number;
  /** Of each measured load. */
  seconds: number;
  /** Of load before a process is measured: until then it runs code that nobody has compiled yet. */
  warmUpSeconds: number;
  /** The folder of a store with many orders; null: `grown` is not measured. */
  grown: string | null;
}

/** Tokens last an hour and are made anew for each round. */
const MOST_SECONDS = 60;
const MOST_ROUNDS = 100;

export const HELP = `npm run bench [-- OPTIONS]

Measures how many orders a second this machine places, beside the same rows written in bare SQL.

  --quick          one round with short windows, without ${NOT_QUICK.join(', ')}: about two minutes
  --only A,B       only these: ${SUBJECT_NAMES.join(', ')}
  --rounds N       how often everything is measured (default 3; figures are medians)
  --seconds N      of each measured load (default 10)
  --grown DIR      measures on a store with many orders too, which \`npm run bench:grow -- --folder DIR\` has filled
  --help           this text

Exit code: 0 measured, whether or not the targets are met; 1 something failed, or an invariant was violated; 2 these
options are not understood.
`;

/** A wish that cannot be understood; its message is for people. */
export class BadOptions extends Error {}

/** Answers null when help is asked for. @throws {BadOptions} */
export function readOptions(args: readonly string[]): Options | null {
  const { quick, only, rounds, seconds, grown = null, help } = parse(args);
  if (help) return null;
  if (grown !== null && !existsSync(join(grown, 'cluster')))
    throw new BadOptions(`--grown: no store in ${grown}; npm run bench:grow -- --folder ${grown} fills one`);
  const usual = SUBJECT_NAMES.filter(
    (name) => (name !== 'grown' || grown !== null) && !(quick && NOT_QUICK.includes(name)),
  );
  const wanted = only === undefined ? usual : namesIn(only);
  if (grown === null && wanted.includes('grown'))
    throw new BadOptions('grown is measured on a store with many orders: name it with --grown DIR');
  const window = wholeNumber('--seconds', seconds ?? (quick ? '2' : '10'), MOST_SECONDS);
  return {
    only: wanted,
    rounds: wholeNumber('--rounds', rounds ?? (quick ? '1' : '3'), MOST_ROUNDS),
    seconds: window,
    grown,
    warmUpSeconds: quick ? 2 : Math.min(5, Math.max(2, window)),
  };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    const options = {
      quick: flag,
      only: text,
      rounds: text,
      seconds: text,
      grown: text,
      help: { ...flag, short: 'h' },
    };
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new BadOptions(error instanceof Error ? error.message : String(error));
  }
}

function namesIn(list: string): SubjectName[] {
  const wanted = list.split(',').map((name) => name.trim());
  const unknown = wanted.filter((name) => !SUBJECT_NAMES.some((known) => known === name));
  if (unknown.length > 0)
    throw new BadOptions(`--only does not know ${unknown.join(', ')}; there are ${SUBJECT_NAMES.join(', ')}`);
  return SUBJECT_NAMES.filter((name) => wanted.includes(name));
}

function wholeNumber(option: string, text: string, most: number): number {
  if (!/^\d{1,8}$/.test(text) || Number(text) < 1 || Number(text) > most)
    throw new BadOptions(`${option} is a whole number from 1 to ${most}`);
  return Number(text);
}
