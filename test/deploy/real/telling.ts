import { setTimeout as sleep } from 'node:timers/promises';
import { PROMETHEUS } from '../stack.js';

export const say = (line: string) => void process.stdout.write(`${line}\n`);

export function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
  say(`  ok: ${what}`);
}

/** Asks again every half second; throws with the last failure as cause. */
export async function until<T>(what: string, seconds: number, ask: () => Promise<T | false>): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const failure: ErrorOptions = {};
    const answer = await ask().catch((cause: unknown) => {
      failure.cause = cause;
      return false as const;
    });
    if (answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`, failure);
    await sleep(500);
  }
}

/** Values of an instant query by instance. */
export async function metric(query: string): Promise<Map<string, number>> {
  const answer = await fetch(`${PROMETHEUS}/api/v1/query?query=${encodeURIComponent(query)}`);
  const { data } = (await answer.json()) as {
    data: { result: { metric: { instance?: string }; value: [number, string] }[] };
  };
  return new Map(data.result.map(({ metric: { instance = '' }, value }) => [instance, Number(value[1])]));
}

export async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  say(name);
  return work();
}
