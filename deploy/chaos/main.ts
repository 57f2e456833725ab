import { HELP, type Options, readOptions } from './options.js';
import { reportOf, writeReport } from './report.js';
import { run } from './run.js';

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function read(): Options | null {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n`);
    return null;
  }
}

async function main(): Promise<number> {
  const options = read();
  if (!options) {
    process.stderr.write(HELP);
    return process.argv.includes('--help') ? 0 : 2;
  }
  if (options.task === 'kill')
    say(`Seed ${options.seed}: --seed ${options.seed} makes the same choices again`);
  const report = reportOf(options, await run(options, say));
  for (const { name, failure } of report.cases)
    say(`${failure === null ? 'ok    ' : 'FAILED'} ${name}${failure ? `: ${failure}` : ''}`);
  for (const violation of report.violations) say(`FAILED ${violation}`);
  say(`${report.ok ? 'Passed' : 'FAILED'}: ${writeReport(options.report, report)}`);
  return report.ok ? 0 : 1;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(
      `It could not be carried out: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    process.exitCode = 2;
  },
);
