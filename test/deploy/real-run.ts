import { parseArgs } from 'node:util';
import { laptop } from './real/laptop.js';
import { monolith } from './real/monolith.js';
import { must, say, step } from './real/telling.js';
import { webapp } from './real/webapp.js';
import { composePlacements, type Placement, Stack } from './stack.js';

const USAGE = `npm run test:deploy

Brings up each placement by its own compose file, VM 1, one process and the laptop, does to it what
docs/deployment.md describes, and takes it down again. It takes ten minutes, and needs Docker with compose 2.24,
root, and ports 5432, 5672, 6379, 8010, 8088 and 9090, and those of the exporters. Images are used that are here or
can be pulled; HAProxy stands in for Traefik without its own, and what else has none stands aside: it says so.

  --keep      leave what fails running, and the laptop at the end
  -h, --help  this`;

/** Null: it said what was asked, or what is wrong. */
function readArguments(): { keep: boolean } | null {
  try {
    const { values } = parseArgs({
      options: { keep: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h' } },
    });
    if (!values.help) return { keep: values.keep };
    say(USAGE);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}\n`);
    process.exitCode = 2;
  }
  return null;
}

async function areUnderstood(): Promise<void> {
  const placements = await composePlacements();
  must(placements.length === 8, `docker compose understands ${placements.join(', ')}`);
}

/** Answers whether all of it holds. */
async function tryOut(
  placement: Placement,
  work: (stack: Stack) => Promise<void>,
  keep: 'always' | 'failed' | 'never',
): Promise<boolean> {
  const stack = await Stack.make(placement);
  for (const [service, why] of stack.missing)
    say(
      `No ${service} in ${placement}${service === 'traefik' ? ', HAProxy with its routes instead' : ''}: ${why}`,
    );
  let holds = false;
  try {
    await work(stack);
    holds = true;
  } catch (error) {
    const { message, cause } = error as Error;
    say(`FAILED: ${message}${cause instanceof Error ? `: ${cause.message}` : ''}`);
    say(await stack.compose('ps', '--all').catch(String));
    say(await stack.compose('logs', '--tail', '15').catch(String));
  }
  if (keep === 'never' || (keep === 'failed' && holds)) await stack.down();
  return holds;
}

async function main(): Promise<void> {
  const options = readArguments();
  if (!options) return;
  await step('The files', () => areUnderstood());
  const keep = options.keep ? 'failed' : 'never';
  const holds =
    (await tryOut('webapp', webapp, keep)) &&
    (await tryOut('monolith', monolith, keep)) &&
    (await tryOut('laptop', laptop, options.keep ? 'always' : 'never'));
  if (holds) say('All of it holds.');
  else process.exitCode = 1;
}

void main();
