import { mkdirSync } from 'node:fs';
import { demoCommands } from '../src/banner.js';
import { environment } from '../src/common/config/environment.js';
import { Exit } from '../src/exit.js';
import { carryOut, USAGE } from './console/commands.js';
import { ControlServer, sendCommand } from './console/control.js';
import { Lab } from './lab.js';
import { type LabSettings, labSettings } from './console/settings.js';
import { Tail } from './console/tail.js';

/** Twelve seconds for the processes, the same again for the engines. */
const END_MS = 30_000;

const print = (line: string) => void process.stdout.write(`${line}\n`);
const complain = (line: string) => void process.stderr.write(`${line}\n`);

/** Starts the lab and stays until a signal or `stop`. */
async function run(settings: LabSettings): Promise<void> {
  const exit = new Exit({
    limitMs: END_MS,
    complain: (message, error) => complain(error === undefined ? message : `${message}: ${reason(error)}`),
  });
  const given = new AbortController();
  const leave = (code: number) => {
    if (!exit.hasBegun) print('Stopping…');
    given.abort();
    return exit.now(code);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void leave(0));
  // The terminal, or whoever reads what we print, has gone.
  process.stdout.on('error', () => void leave(0));

  const booted = start(settings, given.signal, exit, () => void leave(0));
  exit.after(booted);
  try {
    await booted;
  } catch (error) {
    if (!given.signal.aborted) complain(`The lab did not start: ${reason(error)}`);
    await exit.now(1);
  }
}

async function start(
  settings: LabSettings,
  signal: AbortSignal,
  exit: Exit,
  leave: () => void,
): Promise<void> {
  let lab: Lab | null = null;
  mkdirSync(settings.folder, { recursive: true });
  const control = await ControlServer.listen(settings.controlSocket, async (words, say) => {
    if (words[0] === 'stop') {
      say('Stopping…');
      leave();
      // The answer is that the connection ends with us.
      return new Promise(() => undefined);
    }
    if (!lab) throw new Error('The lab is still starting: try again in a moment.');
    await carryOut(lab, words, say);
  });
  exit.before(async () => control.close());
  print(`Starting the lab; its data is in ${settings.folder}`);
  const tail = new Tail(process.stdout);
  const onNews = (name: string, news: string) => tail.say(name, news);
  // While they start, processes wait for each other and say so. What keeps one from starting is told by the error.
  const onLine = (...said: Parameters<Tail['line']>) => lab && tail.line(...said);
  lab = await Lab.start({ ...settings, env: environment(), say: print, onLine, onNews, signal });
  exit.before(() => lab?.stop() ?? Promise.resolve());
  if (!exit.hasBegun) print(banner(lab.url, settings));
}

function banner(url: string, { folder }: LabSettings): string {
  return `
The lab is ready: a process for each module and one for the web page, behind one address.

  Shop  ${url}
  API   ${url}/api/v1
  Data  ${folder}  (kept between runs; delete the folder to start afresh)

Try it, in another terminal:

${demoCommands(url).join('\n\n')}

And then:

${USAGE.split('\n').slice(1).join('\n')}
`;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function main(words: readonly string[]): Promise<void> {
  if (['help', '--help', '-h'].includes(words[0] ?? '')) return print(USAGE);
  const settings = labSettings(environment());
  if (words.length === 0) return run(settings);
  await sendCommand(settings.controlSocket, words, print);
  if (words[0] === 'stop') print('Stopped');
}

main(process.argv.slice(2)).catch((error: unknown) => {
  complain(reason(error));
  process.exitCode = 1;
});
