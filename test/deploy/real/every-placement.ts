import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Outcome, Shopper } from '../shopper.js';
import { DATABASE, DOOR, GATEWAY, type Stack } from '../stack.js';
import { must, say, until } from './telling.js';

const ROOT = resolve(__dirname, '../../..');
const RECOVERY_MS = 30_000;

/** What nobody may have from outside. */
export const HIDDEN = ['/health', '/ready', '/metrics', '/actuator/prometheus', '/api/v1/parcels'];

export async function comesUp(stack: Stack, hidden: readonly string[]): Promise<void> {
  const from = Date.now();
  await stack.up();
  await until('the catalogue answers', 120, async () => (await fetch(`${DOOR}/api/v1/products`)).ok);
  say(`  ok: up, and the catalogue answers, ${Math.round((Date.now() - from) / 1000)} s after \`up\``);
  const statuses = await Promise.all(hidden.map(async (path) => (await fetch(`${DOOR}${path}`)).status));
  must(
    statuses.every((status) => status === 404),
    `not to be had from outside: ${hidden.join(', ')}`,
  );
  const page = await fetch(`${DOOR}/products/MUG-001`, { headers: { accept: 'text/html' } });
  const [, script = ''] = /<script[^>]* src="([^"]+)"/.exec(await page.text()) ?? [];
  must(
    page.ok && (await fetch(`${DOOR}${script}`)).ok,
    'the web page is there, at an address of its own, with its script',
  );
}

export async function takesAnOrder(): Promise<Shopper> {
  const shopper = await until('alice can log in', 60, () => Shopper.logIn());
  const outcome = await until('an order is confirmed', 60, async () => {
    const first = await shopper.order();
    return first.status === 201 && first;
  });
  must(outcome.state === 'confirmed', 'an order through the reverse proxy is confirmed');
  return shopper;
}

/** An order every 200 ms, whether or not the one before is answered, from the crash until they are well again. */
export async function recovers(stack: Stack, shopper: Shopper, service: string): Promise<void> {
  const from = Date.now();
  const container = await stack.crash(service);
  const outcomes: (Outcome & { at: number })[] = [];
  const lastBad = () => outcomes.findLast(({ status }) => status !== 201)?.at ?? 0;
  for (;;) {
    const at = Date.now() - from;
    void shopper.order().then((outcome) => outcomes.push({ ...outcome, at }));
    await sleep(200);
    const goodFor = Date.now() - from - lastBad();
    if (at > 5000 && goodFor > 4000 && outcomes.at(-1)?.status === 201) break;
    if (at > 2 * RECOVERY_MS) break;
  }
  must((await stack.restarts(container)) === 1, `Docker has started ${service} again`);
  const bad = outcomes.filter(({ status }) => status !== 201);
  const kinds = [...new Set(bad.map(({ status }) => status))].join(', ') || 'none';
  must(
    lastBad() < RECOVERY_MS,
    `kill -9 of ${service}: all orders confirmed again ${(lastBad() / 1000).toFixed(1)} s later (${bad.length} of ${outcomes.length} not, with ${kinds})`,
  );
}

export async function checks(database: string): Promise<void> {
  const program = [join(ROOT, 'scripts/run-ts.js'), join(ROOT, 'test/chaos/check.ts')];
  const child = spawn(process.execPath, [...program, '--database', database, '--gateway', GATEWAY], {
    stdio: 'inherit',
  });
  const [code] = (await once(child, 'exit')) as [number];
  must(code === 0, `all invariants hold in ${new URL(database).pathname.slice(1)}`);
}

export async function restores(stack: Stack): Promise<void> {
  const file = (await stack.compose('run', '--rm', 'backup')).split('/').at(-1) ?? '';
  await stack.compose('run', '--rm', 'restore', file, 'waybill_restored');
  must(true, `${file} is restored into a fresh database`);
  await checks(DATABASE.replace(/waybill$/, 'waybill_restored'));
}
