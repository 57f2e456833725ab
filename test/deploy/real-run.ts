import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { Client } from 'pg';
import { MODULES } from '../../src/modules.js';
import { EVENT_PATHS } from './event-paths.js';
import { fillShelves, type Outcome, Shopper } from './shopper.js';
import { composePlacements, DATABASE, DOOR, GATEWAY, type Placement, PROMETHEUS, Stack } from './stack.js';

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

async function areUnderstood(): Promise<void> {
  const placements = await composePlacements();
  must(placements.length === 8, `docker compose understands ${placements.join(', ')}`);
}

async function builds(stack: Stack): Promise<void> {
  await stack.compose('build', 'migrate');
  const size = await stack.imageSize();
  must(size < MOST_BYTES, `the image has ${Math.round(size / 1e6)} MB, under 200`);
}

async function comesUp(stack: Stack, hidden: readonly string[]): Promise<void> {
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

/** An order and a look at the catalogue every 500 ms meanwhile. */
async function updates(stack: Stack, shopper: Shopper): Promise<void> {
  const services = Object.values(MODULES).map(({ service }) => service);
  const images = () => Promise.all(services.map((service) => stack.imagesOf(service)));
  const before = await images();
  const asked: Promise<number>[] = [];
  const asking = setInterval(() => {
    asked.push(shopper.order().then(({ status }) => status));
    asked.push(
      fetch(`${DOOR}/api/v1/products`).then(
        ({ status }) => status,
        () => 0,
      ),
    );
  }, 500);
  await stack.roll().finally(() => clearInterval(asking));
  const after = await images();
  must(
    after.every(
      (each, index) =>
        each.length === before[index]?.length && each.every((id) => !before[index]?.includes(id)),
    ),
    'roll.sh has replaced every container by one of the new image',
  );
  const bad = (await Promise.all(asked)).filter((status) => ![200, 201, 202].includes(status));
  must(
    bad.length === 0,
    `and none of ${asked.length} requests failed meanwhile${bad.length > 0 ? `: ${bad.join(', ')}` : ''}`,
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

/** Events to one module wait in the broker when it is lost with its disk. */
async function losesTheBroker(stack: Stack, shopper: Shopper): Promise<void> {
  const { service } = MODULES.notifications;
  await stack.compose('stop', service);
  const { status } = await shopper.order();
  must(status === 201, 'an order is confirmed while nobody notifies');
  await until('its events wait', 30, async () => (await stack.waitingMessages()) >= 3);
  await stack.loseVolume('rabbitmq');
  await stack.up();
  await takesAnOrder();
  await replaysEvents(stack);
}

/** As docs/deployment.md has it. */
async function replaysEvents(stack: Stack): Promise<void> {
  for (const [from, to] of EVENT_PATHS)
    await stack.compose('run', '--rm', 'events', 'replay', '--module', from, '--to', to, '--since', '2h');
  must(true, `events are handed on again: ${EVENT_PATHS.map((path) => path.join(' to ')).join(', ')}`);
}

/** As docs/deployment.md has it. */
async function changesPlaces(stack: Stack): Promise<void> {
  const modules = Object.values(MODULES).map(({ service }) => service);
  await stack.compose('stop', ...modules, 'postgres-exporter');
  const rename = (from: string, to: string) => `ALTER DATABASE ${from} RENAME TO ${to}`;
  await stack.psql('postgres', rename('waybill', 'waybill_before'), rename('waybill_restored', 'waybill'));
  await stack.loseVolume('rabbitmq');
  await stack.up();
  await takesAnOrder();
  await replaysEvents(stack);
  await checks(DATABASE);
}

/** As docs/deployment.md has it, `\\password` apart, which wants a terminal. */
async function changesPasswords(stack: Stack): Promise<void> {
  const changed = [
    'ORDERS_DB_PASSWORD',
    'POSTGRES_PASSWORD',
    'EXPORTER_DB_PASSWORD',
    'RABBITMQ_PASSWORD',
    'REDIS_PASSWORD',
  ];
  const fresh = randomUUID();
  await stack.psql(
    'waybill',
    `ALTER ROLE waybill PASSWORD '${fresh}'`,
    `ALTER ROLE exporter PASSWORD '${fresh}'`,
  );
  await stack.setBrokerPassword(fresh);
  for (const name of changed) await stack.setVariable(name, fresh);
  await stack.up();
  await takesAnOrder();
  must(true, `with other values of ${changed.join(', ')}`);
  for (const [role, old] of [
    ['waybill', 'lab-only-postgres'],
    ['waybill_orders', 'lab-only-orders'],
    ['exporter', 'lab-only-exporter'],
  ] as const) {
    must(!(await letsIn(role, old)), `PostgreSQL refuses ${role} the old one`);
    must(await letsIn(role, fresh), `and takes the new one`);
  }
  const now = Date.now() / 1000;
  const since = (name: string) => `(${name} == 1 and timestamp(${name}) > ${now})`;
  await until('the exporters are let in', 60, async () => {
    const up = await metric(`${since('pg_up')} or ${since('redis_up')}`);
    return up.size === 2;
  });
  must(true, 'and the exporters are let in');
}

async function letsIn(user: string, password: string): Promise<boolean> {
  const client = new Client({ host: '127.0.0.1', user, password, database: 'waybill' });
  try {
    await client.connect();
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === '28P01') return false;
    throw error;
  } finally {
    await client.end();
  }
}

const HIDDEN = ['/health', '/ready', '/metrics', '/actuator/prometheus', '/api/v1/parcels'];

async function isObserved(stack: Stack): Promise<void> {
  const jobs = 'up{job=~"waybill|postgres|redis|node|metrics-agent|prometheus|alertmanager"} == 1';
  const instances = await until('VM 2 has all of them', 90, async () => {
    const found = await metric(jobs);
    return found.size === Object.keys(MODULES).length + 6 && found;
  });
  must(true, `Prometheus of VM 2 has ${[...instances.keys()].toSorted().join(', ')}`);
  const healthy = await stack.compose('ps', '--status', 'running', '--services');
  must(healthy.includes('alertmanager'), 'and Alertmanager runs');
}

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

async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  say(name);
  return work();
}

async function webapp(stack: Stack): Promise<void> {
  await step('The image', () => builds(stack));
  await step('VM 1', () => comesUp(stack, [...HIDDEN, '/docs']));
  const shopper = await step('An order', () => takesAnOrder());
  await until('the shelves are filled', 60, fillShelves);
  await step('What Docker tells', () => keepsPasswords(stack));
  await step('Three replicas of orders', () => scales(stack, shopper));
  for (const service of ['payment-service', 'order-service', 'gateway', 'redis'])
    await step(`A crash of ${service}`, () => recovers(stack, shopper, service));
  await step('An update', () => updates(stack, shopper));
  await step('RabbitMQ and its disk are lost', () => losesTheBroker(stack, shopper));
  await step('The database in use', () => checks(DATABASE));
  await step('Backup and restore', () => restores(stack));
  await step('The restored database in its place', () => changesPlaces(stack));
  await step('Other passwords', () => changesPasswords(stack));
}

async function monolith(stack: Stack): Promise<void> {
  await step('One process', () => comesUp(stack, HIDDEN));
  const shopper = await step('An order', () => takesAnOrder());
  await step('A crash of all of it', () => recovers(stack, shopper, 'waybill'));
  await step('The database in use', () => checks(DATABASE));
  await step('Backup and restore', () => restores(stack));
}

async function laptop(stack: Stack): Promise<void> {
  await step('A laptop', () => comesUp(stack, [...HIDDEN, '/docs']));
  await step('An order', () => takesAnOrder());
  await step('What is known of it', () => isObserved(stack));
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
    say(`FAILED: ${error instanceof Error ? error.message : String(error)}`);
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
