import { environment } from '../common/config/environment.js';
import { Client } from './client.js';
import { RUN } from './commands.js';
import { credentialsFor } from './credentials.js';
import { Failure, UsageError } from './failures.js';
import { parseCommand, USAGE } from './options.js';

const print = (text: string) => void process.stdout.write(`${text}\n`);
const note = (text: string) => void process.stderr.write(`${text}\n`);

async function main(args: readonly string[]): Promise<void> {
  const command = parseCommand(args, Date.now());
  if (command === null) return print(USAGE);
  const client = new Client(command.url, credentialsFor(command.url, environment()));
  const width = process.stdout.isTTY ? { width: process.stdout.columns } : {};
  try {
    await RUN[command.command](client, command, { print, note, ...width });
  } finally {
    await client.leave();
  }
}

/** Whoever reads what we print has seen enough. */
process.stdout.on('error', () => process.exit());

main(process.argv.slice(2)).catch((error: unknown) => {
  if (error instanceof UsageError) note(`${error.message}\nnpm run events -- --help tells more.`);
  else if (error instanceof Failure) note(error.message);
  else throw error;
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
