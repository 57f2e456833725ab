import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { MODULES } from '../../src/modules.js';
import { temporaryFolder } from '../folder.js';
import { type Outcome, Shopper } from './shopper.js';
import { DATABASE, DOOR, GATEWAY, PROMETHEUS, Stack } from './stack.js';
import { findTraefik } from './traefik-image.js';

const ROOT = resolve(__dirname, '../..');
const MOST_BYTES = 200_000_000;
const RECOVERY_MS = 30_000;

const say = (line: string) => void process.stdout.write(`${line}\n`);

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
  say(`  ok: ${what}`);
}

/** Asks again every half second; throws with the last complaint. */
async function until<T>(what: string, seconds: number, ask: () => Promise<T | false>): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask().catch(() => false as const);
    if (answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
    await sleep(500);
  }
}

/** Values of an instant query by instance. */
async function metric(query: string): Promise<Map<string, number>> {
  const answer = await fetch(`${PROMETHEUS}/api/v1/query?query=${encodeURIComponent(query)}`);
  const { data } = (await answer.json()) as {
    data: { result: { metric: { instance?: string }; value: [number, string] }[] };
  };
  return new Map(data.result.map(({ metric: { instance = '' }, value }) => [instance, Number(value[1])]));
}

async function areUnderstood(stack: Stack): Promise<void> {
  const placements = await stack.placements();
  must(placements.length === 8, `docker compose understands ${placements.join(', ')}`);
}

async function builds(stack: Stack): Promise<void> {
  await stack.compose('build', 'migrate');
  const size = await stack.imageSize();
  must(size < MOST_BYTES, `the image has ${Math.round(size / 1e6)} MB, under 200`);
}

async function comesUp(stack: Stack): Promise<void> {
  const from = Date.now();
  await stack.compose('up', '--detach');
  await until('the catalogue answers', 120, async () => (await fetch(`${DOOR}/api/v1/products`)).ok);
  say(`  ok: up, and the catalogue answers, ${Math.round((Date.now() - from) / 1000)} s after \`up\``);
  for (const path of ['/health', '/metrics', '/docs', '/api/v1/parcels'])
    must((await fetch(`${DOOR}${path}`)).status === 404, `${path} is not to be had from outside`);
}

async function takesAnOrder(): Promise<Shopper> {
  const shopper = await until('alice can log in', 60, () => Shopper.logIn());
  const outcome = await until('an order is confirmed', 60, async () => {
    const first = await shopper.order();
    return first.status === 201 && first;
  });
  must(outcome.state === 'confirmed', 'an order through the reverse proxy is confirmed');
  return shopper;
}

async function keepsPasswords(stack: Stack): Promise<void> {
  const containers = await stack.containers();
  const inspect = containers.map((id) => `/v1.41/containers/${id}/json`);
  const common = ['/_ping', '/version', '/containers/json?all=1', ...inspect];
  const logs = `/containers/${containers[0]}/logs?stdout=1`;
  const events = '/events?since=1&until=2';
  const asking = [
    { who: 'traefik', own: [events], refused: ['/info', '/networks', logs] },
    { who: 'agents', own: ['/info', '/networks', logs], refused: [events] },
  ];
  for (const { who, own, refused } of asking) {
    const allowed = [...common, ...own];
    const never = ['/images/json', `/containers/${containers[0]}/top`, '/secrets'];
    const told = await stack.askDocker(`docker-for-${who}`, [...allowed, ...refused, ...never]);
    const status = (paths: readonly string[]) => new Set(paths.map((path) => told.get(path)?.status));
    must(
      isDeepStrictEqual(status(allowed), new Set([200])) &&
        isDeepStrictEqual(status([...refused, ...never]), new Set([403])),
      `Docker tells ${who} what they need, and refuses ${refused.map((path) => path.split('?')[0]?.split('/').at(-1)).join(', ')}`,
    );
    const named = inspect.every((path) => told.get(path)?.body.includes('"Hostname"'));
    const secret = [...told.values()].some(({ body }) => body.includes('lab-only-'));
    must(named && !secret, `of ${inspect.length} containers it shows ${who} no password`);
  }
}

async function scales(stack: Stack, shopper: Shopper): Promise<void> {
  await stack.compose('up', '--detach', '--no-recreate', '--scale', 'order-service=3', 'order-service');
  const running = 'up{job="waybill",instance=~"order-service-.+"} == 1';
  const replicas = await until('three replicas are scraped', 90, async () => {
    const found = await metric(running);
    return found.size === 3 && found;
  });
  must(true, `Prometheus of VM 2 has each replica: ${[...replicas.keys()].toSorted().join(', ')}`);
  const placed = Array.from({ length: 30 }, () => shopper.order());
  const statuses = (await Promise.all(placed)).map(({ status }) => status);
  must(
    statuses.every((status) => status === 201),
    `30 orders at once are confirmed by the three`,
  );
  await until('each replica has served orders', 60, async () => {
    const served = await metric(
      'sum by (instance) (http_requests_total{service="order-service",endpoint="/api/v1/orders",status="201"}) > 0',
    );
    return served.size === 3;
  });
  must(true, 'each of the three has served some, and says so under its own instance');
  const others = await metric('up{job=~"postgres|redis|node|metrics-agent"}');
  must(
    others.size === 4 && [...others.values()].every((up) => up === 1),
    'and the exporters are scraped too',
  );
}

/** An order every 200 ms, whether or not the one before is answered, from the crash until they are well again. */
async function recovers(stack: Stack, shopper: Shopper, service: string): Promise<void> {
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

async function checks(database: string): Promise<void> {
  const program = [join(ROOT, 'scripts/run-ts.js'), join(ROOT, 'test/chaos/check.ts')];
  const child = spawn(process.execPath, [...program, '--database', database, '--gateway', GATEWAY], {
    stdio: 'inherit',
  });
  const [code] = (await once(child, 'exit')) as [number];
  must(code === 0, `all invariants hold in ${new URL(database).pathname.slice(1)}`);
}

async function restores(stack: Stack): Promise<void> {
  const file = (await stack.compose('run', '--rm', 'backup')).split('/').at(-1) ?? '';
  await stack.compose('run', '--rm', 'restore', file, 'waybill_restored');
  must(true, `${file} is restored into a fresh database`);
  await checks(DATABASE.replace(/waybill$/, 'waybill_restored'));
}

/** As docs/deployment.md says. */
async function changesPlaces(stack: Stack): Promise<void> {
  const modules = Object.values(MODULES).map(({ service }) => service);
  await stack.compose('stop', ...modules, 'postgres-exporter');
  const rename = (from: string, to: string) => ['-c', `ALTER DATABASE ${from} RENAME TO ${to}`];
  const psql = ['exec', '-T', 'postgres', 'psql', '-U', 'waybill', '-h', '127.0.0.1', '-d', 'postgres'];
  await stack.compose(
    ...psql,
    ...rename('waybill', 'waybill_before'),
    ...rename('waybill_restored', 'waybill'),
  );
  await stack.compose('up', '--detach');
  await takesAnOrder();
  const events = await stack.compose('run', '--rm', 'events', 'list', '--limit', '1', '--json');
  must(events.includes('"name"'), 'and events are listed through the reverse proxy');
}

const USAGE = `npm run test:deploy

Brings up VM 1 by deploy/compose/webapp, does to it what docs/deployment.md describes, and takes it down again.
It takes three minutes, and needs Docker with compose 2.24, root, and ports 5432, 5672, 6379, 8010, 8088 and 9090.
Traefik's image is used when it is here or can be pulled; else HAProxy stands in, and the first line says so.

  --keep      leave it running at the end
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

async function main(): Promise<void> {
  const options = readArguments();
  if (!options) return;
  const { image, missing } = await findTraefik();
  say(
    missing === null
      ? `The door is Traefik itself, ${image}`
      : `The door is HAProxy with Traefik's routes: ${image} is not here and cannot be pulled (${missing})`,
  );
  const folder = await temporaryFolder('deploy');
  const stack = await Stack.make(folder, missing === null);
  const step = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    say(name);
    return work();
  };
  try {
    await step('The files', () => areUnderstood(stack));
    await step('The image', () => builds(stack));
    await step('VM 1', () => comesUp(stack));
    const shopper = await step('An order', () => takesAnOrder());
    await step('What Docker tells', () => keepsPasswords(stack));
    await step('Three replicas of orders', () => scales(stack, shopper));
    for (const service of ['payment-service', 'order-service', 'gateway', 'redis'])
      await step(`A crash of ${service}`, () => recovers(stack, shopper, service));
    await step('The database in use', () => checks(DATABASE));
    await step('Backup and restore', () => restores(stack));
    await step('The restored database in its place', () => changesPlaces(stack));
    say('All of it holds.');
  } catch (error) {
    say(`FAILED: ${error instanceof Error ? error.message : String(error)}`);
    say(await stack.compose('ps', '--all').catch(String));
    say(await stack.compose('logs', '--tail', '15').catch(String));
    process.exitCode = 1;
  } finally {
    if (!options.keep) {
      await stack.down().catch(() => undefined);
      await rm(folder, { recursive: true, force: true });
    }
  }
}

void main();
