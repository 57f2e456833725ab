import { randomFrom } from '../../test/chaos/random.js';
import { type Aftermath, settle } from './aftermath.js';
import { type Kill, killRounds } from './kill-rounds.js';
import type { Options } from './options.js';
import { type Probe, Prober } from './prober.js';
import { recoveryOf } from './recovery.js';
import { roll, type Update, updateCase } from './rolling.js';
import type { Case } from './report.js';
import { Shopper } from './shopper.js';

export interface Run {
  startedAt: string;
  cases: Case[];
  probes: Probe[];
  /** By `performance.now()`, at `startedAt`. */
  origin: number;
  aftermath: Aftermath | null;
  /** What kept it from being carried out to the end. */
  complaints: string[];
}

/** Probes, strikes, and asks afterwards what became of every order. @throws when nothing was struck at all */
export async function run(options: Options, say: (line: string) => void): Promise<Run> {
  const { task, platform, url, timeoutMs, sku, rate, settleMs } = options;
  const shopper = await Shopper.enter({ url, timeoutMs, ...(sku === undefined ? {} : { sku }) });
  say(`Probe: one ${shopper.ware.sku}, ${rate} times a second, at ${url}`);
  const startedAt = new Date().toISOString();
  const origin = performance.now();
  const prober = new Prober(shopper, 1000 / rate);
  const { probes } = prober;
  const kills: Kill[] = [];
  const updates: Update[] = [];
  const complaints: string[] = [];
  const note = (error: unknown) => {
    complaints.push(error instanceof Error ? error.message : String(error));
    say(complaints.at(-1) ?? '');
  };
  try {
    if (task === 'kill')
      await killRounds(platform, prober, randomFrom(options.seed), options, kills, say).catch(note);
    else await roll(platform, prober, options, updates, say).catch(note);
  } finally {
    await prober.stop();
  }
  let aftermath: Aftermath | null = null;
  try {
    aftermath = await settle(shopper, probes, settleMs);
  } catch (error) {
    note(error);
  }
  if (kills.length + updates.length === 0) throw new Error(complaints.join('; '));
  const cases = [
    ...kills.map((kill, index) => killCase(kill, kills[index + 1]?.at ?? Infinity, probes, options)),
    ...updates.map((update, index) => updateCase(update, updates[index + 1]?.at ?? Infinity, probes)),
  ];
  return { startedAt, origin, cases, probes, aftermath, complaints };
}

function killCase(
  { victim, at, replacedAt }: Kill,
  next: number,
  probes: readonly Probe[],
  { limitMs, consecutive }: Options,
): Case {
  const { seconds, orders, bad } = recoveryOf(probes, at, next, consecutive);
  const limit = limitMs / 1000;
  const failure =
    seconds === null
      ? 'orders did not become good again'
      : seconds > limit
        ? `recovered after ${seconds.toFixed(1)} s, and ${limit} s are allowed`
        : replacedAt === null
          ? 'the process was not replaced'
          : null;
  return {
    name: `kill of ${victim.name}`,
    service: victim.service,
    at,
    recoverySeconds: seconds,
    completeSeconds: replacedAt === null ? null : (replacedAt - at) / 1000,
    orders,
    bad,
    failure,
  };
}
