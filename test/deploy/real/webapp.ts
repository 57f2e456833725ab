import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { Client } from 'pg';
import { MODULES } from '../../../src/modules.js';
import { EVENT_PATHS } from '../event-paths.js';
import { fillShelves, type Shopper } from '../shopper.js';
import { DATABASE, DOOR, type Stack } from '../stack.js';
import { checks, comesUp, HIDDEN, recovers, restores, takesAnOrder } from './every-placement.js';
import { metric, must, step, until } from './telling.js';

const MOST_BYTES = 200_000_000;

/** VM 1, with a process for each module. */
export async function webapp(stack: Stack): Promise<void> {
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

async function builds(stack: Stack): Promise<void> {
  await stack.compose('build', 'migrate');
  const size = await stack.imageSize();
  must(size < MOST_BYTES, `the image has ${Math.round(size / 1e6)} MB, under 200`);
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
