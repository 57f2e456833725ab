import type { Waybill } from '../../harness.js';
import { aUser, type TestUser } from '../../builders/a-user.js';
import { type PlacedOrder, Stage } from '../stage.js';
import type { Pool } from './schema-values.js';

/** Where a fuzzed request goes to: people who ask, and things that are there to be asked about. */
export interface Surroundings {
  tokens: Record<string, string | undefined>;
  /** By a route's name. */
  poolOf(route: string): Pool;
}

/** The longest that the server gives: the fuzzing must not outlive its tokens. */
export const LONG_TOKENS = { ACCESS_TOKEN_SECONDS: '3600' };

export async function surroundingsOf(waybill: Waybill): Promise<Surroundings> {
  const stage = await Stage.set(waybill);
  const orders: PlacedOrder[] = [];
  for (let i = 0; i < 40; i++) orders.push(await stage.order());
  const notifications = [await stage.notification(), await stage.notification()];
  const sessions = await Promise.all(Array.from({ length: 30 }, () => stage.session(stage.other)));
  // Somebody whom the administrator may do anything to, without shutting out those who ask.
  const victim = await aUser(waybill.api, { email: 'victim@example.org' });
  // And somebody whom nothing is done to but to refresh and to end their sessions.
  const wanderer = await aUser(waybill.api, { password: 'yet another battery' });
  const wandering = await Promise.all(Array.from({ length: 60 }, () => stage.session(wanderer)));
  const cursors = await cursorsOf(waybill, stage.admin);

  const events = (
    await waybill.sql<{ id: string }>('SELECT id FROM orders.outbox ORDER BY seq LIMIT 20')
  ).map(({ id }) => id);

  const strangers = Array.from({ length: 40 }, (_, i) => `stranger-${i}@example.org`);

  const pools: Record<string, readonly unknown[]> = {
    orderId: orders.map(({ id }) => id),
    userId: [victim.id, stage.owner.id],
    cursor: cursors,
    quantity: [1, 2],
    currency: ['EUR', 'EUR', 'USD'],
    // Not those that make the gateway slow, silent or broken: they are the workflow tests'.
    token: ['tok_visa', 'tok_mastercard', 'tok_declined', 'tok_nobody_knows'],
    country: ['DE', 'FR'],
    imageUrl: ['/images/products/cap-001.svg', 'https://example.org/cap.png', null],
    warehouse: ['main', 'east', 'west'],
    email: [...Array<string>(20).fill(victim.email), ...strangers],
    password: [victim.password],
    currentPassword: [stage.owner.password],
    newPassword: [stage.owner.password],
    module: ['orders', 'orders', 'orders', 'inventory', 'catalog', 'nowhere'],
    consumer: ['notifications', 'inventory', 'nobody'],
    key: [...orders.slice(0, 3).map(({ id }) => id), 'x'],
    ids: events,
    'If-Match': ['"1"', '"2"', '"3"', '*'],
  };
  const ids: [RegExp, readonly string[]][] = [
    [/\/events/, events],
    [/\/orders/, orders.map(({ id }) => id)],
    [/\/payments/, orders.map(({ payment }) => payment.id)],
    [/\/notifications/, notifications.map(({ id }) => id)],
    [/\/sessions/, sessions.map(({ id }) => id)],
    [/GET .*\/users/, [victim.id, stage.owner.id]],
    [/PUT .*\/users/, [victim.id]],
  ];
  // What the catalogue is asked to change should not be what is being ordered.
  const skus = (route: string) =>
    route.startsWith('POST /api/v1/products')
      ? []
      : route.includes('/products')
        ? ['CAP-001', 'CAP-002']
        : ['MUG-001', 'TEE-001', 'POSTER-SOLD'];
  // What one route has ended is of no use to the other.
  const refreshTokens = wandering.map(({ refreshToken }) => refreshToken);
  const halves = { refresh: refreshTokens.slice(0, 30), logout: refreshTokens.slice(30) };
  return {
    tokens: {
      nobody: undefined,
      customer: stage.owner.accessToken,
      'other customer': stage.other.accessToken,
      staff: stage.staff.accessToken,
      admin: stage.admin.accessToken,
    },
    poolOf: (route) => (field) => {
      if (field === 'sku') return skus(route);
      if (field === 'refreshToken') return route.endsWith('logout') ? halves.logout : halves.refresh;
      if (field === 'id') return ids.find(([routes]) => routes.test(route))?.[1] ?? [];
      return pools[field] ?? [];
    },
  };
}

/** A second page of every list, and what is no cursor though it looks like one. */
async function cursorsOf(waybill: Waybill, { accessToken: token }: TestUser): Promise<string[]> {
  const lists = [
    '/orders',
    '/payments',
    '/notifications',
    '/products',
    '/inventory',
    '/inventory/alerts',
    '/users',
    '/users/me/sessions',
    '/inventory/MUG-001/movements',
    '/events/orders',
  ];
  const pages = await Promise.all(
    lists.map((path) => waybill.api.get<{ nextCursor: string | null }>(`${path}?limit=1`, { token })),
  );
  const forged = [
    [],
    [null],
    ['x'],
    [1e300],
    ['0000-01-01T00:00:00.000000Z', '0199c0de-0000-7000-8000-000000000001'],
    ['2026-11-20T10:00:00.000000Z', 'x'],
    ['9223372036854775808'],
    [-1],
    ["' OR 1=1"],
    ['\u0000'],
    {},
  ];
  return [
    ...pages.flatMap(({ body }) => (body.nextCursor ? [body.nextCursor] : [])),
    ...forged.map((values) => Buffer.from(JSON.stringify(values)).toString('base64url')),
  ];
}
