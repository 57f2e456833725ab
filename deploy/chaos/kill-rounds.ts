import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../test/chaos/random.js';
import type { Instance, Platform } from './platform/platform.js';
import type { Prober } from './prober.js';
import { until } from './until.js';

export interface KillOptions {
  services: readonly string[];
  rounds: number;
  intervalMs: number;
  limitMs: number;
  patienceMs: number;
  consecutive: number;
}

/** One kill; times by `performance.now()`. */
export interface Kill {
  victim: Instance;
  at: number;
  /** When the platform had as many ready as before; null: not as long as was waited. */
  replacedAt: number | null;
}

/**
 * Kills one random process after the other, each when the one before it is replaced and orders are good. Notes in
 * `kills` what it has done. @throws when something does not come back, or cannot be struck at
 */
export async function killRounds(
  platform: Platform,
  prober: Prober,
  random: Random,
  options: KillOptions,
  kills: Kill[],
  say: (line: string) => void,
): Promise<void> {
  const { services, rounds, intervalMs, limitMs, patienceMs, consecutive } = options;
  // Longer than allowed, so that the report can say how long it took.
  const patience = limitMs + patienceMs;
  while (kills.length < rounds) {
    if (kills.length > 0) await sleep(intervalMs);
    await until(
      () => prober.isGood(consecutive),
      patience,
      `${consecutive} orders in a row are good before a kill`,
    );
    const before = await whole(platform, services, patience);
    const victim = choose(before, random);
    const strength = before.filter(({ service }) => service === victim.service).length;
    say(`${kills.length + 1}/${rounds}: killing ${victim.name}, one of ${strength} of ${victim.service}`);
    // Before the command, which takes its time: rather too long than too short.
    const kill: Kill = { victim, at: performance.now(), replacedAt: null };
    await platform.kill(victim);
    kills.push(kill);
    await until(
      () => isReplaced(platform, victim, strength),
      patience,
      `${victim.service} is complete again`,
    );
    kill.replacedAt = performance.now();
    const since = kill.replacedAt;
    await until(() => prober.isGood(consecutive, since), patience, `${consecutive} orders in a row are good`);
    say(`  complete after ${seconds(since - kill.at)}, and orders are good`);
  }
}

async function whole(platform: Platform, services: readonly string[], limitMs: number): Promise<Instance[]> {
  let instances: Instance[] = [];
  const isWhole = async () => {
    instances = await platform.instances(services);
    const missing = services.filter((each) => !instances.some(({ service }) => service === each));
    if (missing.length > 0) throw new Error(`there is nothing of ${missing.join(', ')}`);
    return instances.every(({ ready }) => ready);
  };
  await until(isWhole, limitMs, `all processes of ${services.join(', ')} are ready`);
  return instances;
}

/** First the service, so that one seed means the same services wherever pods have names of their own. */
export function choose(instances: readonly Instance[], random: Random): Instance {
  const services = [...new Set(instances.map(({ service }) => service))].toSorted();
  const service = random.pick(services.map((each) => [each, 1] as const));
  const own = instances.filter((each) => each.service === service);
  const sorted = own.toSorted((one, other) => one.name.localeCompare(other.name));
  return random.pick(sorted.map((each) => [each, 1] as const));
}

async function isReplaced(platform: Platform, victim: Instance, strength: number): Promise<boolean> {
  const ready = (await platform.instances([victim.service])).filter((each) => each.ready);
  return (
    ready.length >= strength &&
    !ready.some(({ name, incarnation }) => name === victim.name && incarnation === victim.incarnation)
  );
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
