import { Exit } from '../src/exit.js';
import { BadOptions, HELP, type Options, readOptions } from './options.js';
import { Progress } from './progress.js';
import { inWords, thisMachine } from './report/machine.js';
import { mediansOf } from './report/medians.js';
import { writeResults } from './report/results.js';
import { tables } from './report/table.js';
import { targetsOf } from './report/targets.js';
import { measureRounds, requirePrograms } from './rounds.js';
import { Belongings } from './stage/belongings.js';
import { connected } from './stage/databases.js';
import { Stage } from './stage/stage.js';
import { subjectsNamed } from './subjects/all.js';

/** A Waybill in six processes takes twelve seconds at most, and servers as much again. */
const END_MS = 40_000;
/** Of the shell, for a program that was interrupted. */
const INTERRUPTED = 130;

const complain = (line: string) => void process.stderr.write(`${line}\n`);
const reason = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Answers the exit code. */
async function bench(options: Options, belongings: Belongings, signal: AbortSignal): Promise<number> {
  const date = new Date();
  const progress = new Progress(process.stdout);
  const say = (line: string) => progress.say(line);
  const step = (text: string) => progress.step(text);
  requirePrograms(options);
  step('starting PostgreSQL, a collector and a load generator');
  const stage = await Stage.open(belongings, say, options.grown);
  const machine = thisMachine(await versionOf(stage));
  say(inWords(machine));
  const outcomes = await measureRounds({
    stage,
    subjects: subjectsNamed(options.only),
    options,
    step,
    say,
    signal,
  });
  const medians = mediansOf(outcomes.flatMap(({ rows }) => rows));
  const targets = targetsOf(medians);
  say(`\n${tables(medians, targets)}\n`);
  const command = ['npm run bench --', ...process.argv.slice(2)].join(' ');
  say(`Written to ${writeResults({ date, command, machine, options, outcomes, medians, targets })}`);
  const failed = outcomes.filter(({ failure }) => failure !== null);
  if (failed.length === 0) return 0;
  complain(
    `Counted as nothing: ${failed.map(({ subject, round }) => `${subject} in round ${round}`).join(', ')}`,
  );
  return 1;
}

async function versionOf({ server }: Stage): Promise<string> {
  const admin = await connected(server.url);
  const [row] = await admin.sql<{ server_version: string }>('SHOW server_version');
  await admin.end();
  return row?.server_version ?? 'unknown';
}

/** Whatever ends us, nothing that we have started stays. */
async function run(options: Options): Promise<void> {
  const belongings = new Belongings();
  const given = new AbortController();
  const exit = new Exit({
    limitMs: END_MS,
    complain: (message, error) => complain(error === undefined ? message : `${message}: ${reason(error)}`),
  });
  exit.before(() => belongings.close());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (!given.signal.aborted) complain('\nStopping…');
      given.abort();
      void exit.now(INTERRUPTED);
    });
  // Whoever reads what we print has gone.
  process.stdout.on('error', () => void exit.now(INTERRUPTED));
  try {
    await exit.now(await bench(options, belongings, given.signal));
  } catch (error) {
    if (given.signal.aborted) return;
    complain(`The bench failed: ${reason(error)}`);
    await exit.now(1);
  }
}

function main(): void {
  try {
    const options = readOptions(process.argv.slice(2));
    if (options === null) process.stdout.write(HELP);
    else void run(options);
  } catch (error) {
    if (!(error instanceof BadOptions)) throw error;
    complain(`${error.message}\n\n${HELP}`);
    process.exitCode = 2;
  }
}

main();
