import { installPrograms } from '../../lab/services/find-services.js';

/** Silent when RabbitMQ and Redis are there. Never fails: tests that need them say what to install. */
async function main(): Promise<void> {
  const say = (line: string) => process.stdout.write(`${line}\n`);
  try {
    await installPrograms(say);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  }
}

void main();
