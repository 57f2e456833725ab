import { anOrder } from '../builders/order.builder.js';
import { askFor } from '../e2e/access-requests.js';
import { ACCESS, WHO } from '../e2e/access-table.js';
import { type RawAnswer, send } from '../e2e/http.js';
import { documentOf, type Parameter, type Route, routesOf } from '../e2e/openapi.js';
import { freshKey, Stage } from '../e2e/stage.js';
import { eventually, type Waybill } from '../harness.js';

/** What is asked of lists; a parameter with an enumeration takes all its values. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  limit: ['100'],
  q: ['WB-2026-0001', 'WB-2026-000123', 'BENCH-00077', 'person777', 'zq'],
  userId: [],
  orderId: [],
  createdFrom: ['2020-01-01T00:00:00Z', new Date(Date.now() - 60_000).toISOString()],
  createdTo: [new Date(Date.now() - 200 * 86_400_000).toISOString()],
  warehouse: ['main', 'nowhere'],
  state: ['pending', 'published'],
  from: ['2020-01-01T00:00:00Z'],
  to: ['2030-01-01T00:00:00Z'],
  key: [],
  // Of events: no index has their names. Whoever looks for a rare one waits (docs/adr/0020).
  name: ['orders.confirmed'],
  status: [
    'confirmed,processing',
    'pending',
    'failed',
    'delivered,cancelled',
    'confirmed',
    'sent',
    'suppressed',
  ],
};

/** Goes to every route as everybody who may, and to every list with each filter, each two filters, and a next page. */
export async function tour(waybill: Waybill): Promise<void> {
  const stage = await Stage.set(waybill);
  await everyRoute(stage);
  await refusedOrders(stage);
  const old = await anOldOrder(waybill);
  const { id, userId } = old;
  const values = { ...VALUES, userId: [stage.owner.id, userId], orderId: [id], key: [id, 'nothing'] };
  for (const route of routesOf(await documentOf(waybill.url))) {
    const isList = route.method === 'GET' && parametersOf(route).some(({ name }) => name === 'cursor');
    if (isList) await everyFilter(stage, route, old, values);
  }
  await stage.quiet();
}

async function everyRoute(stage: Stage): Promise<void> {
  for (const row of ACCESS) {
    if (row.path.startsWith('/docs')) continue;
    for (const who of WHO) {
      if (row.status[who] >= 300) continue;
      const person = who === 'nobody' ? null : stage[who];
      const { path, ...options } = await askFor(row, stage, person);
      const token = person ? { token: person.accessToken } : {};
      expectOk(
        await send(stage.waybill.url, row.method, path, { ...options, ...token }),
        `${row.name} ${path}`,
      );
    }
  }
}

/** What compensates: nothing to sell, no money. */
async function refusedOrders(stage: Stage): Promise<void> {
  const bodies = [anOrder().withLine('POSTER-SOLD', 1).build(), anOrder().paidWith('tok_declined').build()];
  for (const body of bodies) {
    const { status } = await stage.ask('owner', 'POST', '/orders', { body, key: freshKey() });
    if (status !== 409 && status !== 402) throw new Error(`A refused order was answered with ${status}`);
  }
}

async function everyFilter(
  stage: Stage,
  route: Route,
  { id, paymentId }: OldOrder,
  values: typeof VALUES,
): Promise<void> {
  const path = route.path
    .replace('{sku}', 'BENCH-00077')
    .replace('{module}', 'orders')
    .replace('payments/{id}', `payments/${paymentId}`)
    .replace(/\{\w+\}/, id);
  const filters = parametersOf(route).filter(({ name }) => name !== 'cursor');
  const choices = filters.map((parameter) => choicesOf(parameter, values));
  const queries = ['', ...choices.flat()];
  choices.forEach((some, at) => {
    for (const others of choices.slice(at + 1))
      for (const one of some) for (const other of others) queries.push(`${one}&${other}`);
  });
  const answered: string[] = [];
  for (const query of queries)
    for (const who of ['owner', 'staff', 'admin'] as const) {
      const answer = await stage.ask(who, 'GET', `${path}?${query}`);
      if (answer.status === 403 || answer.status === 404 || answer.status === 400) continue;
      expectOk(answer, `GET ${path}?${query}`);
      answered.push(query);
      const { nextCursor } = JSON.parse(answer.text) as { nextCursor: string | null };
      if (nextCursor) expectOk(await stage.ask(who, 'GET', `${path}?${query}&cursor=${nextCursor}`), path);
    }
  for (const { name } of filters.filter((_, at) => choices[at]?.length))
    if (!answered.some((query) => query.includes(`${name}=`)))
      throw new Error(`${route.name} takes none of the values for ${name}`);
}

function choicesOf({ name, schema }: Parameter, values: typeof VALUES): string[] {
  const known = (schema['enum'] as string[] | undefined) ?? values[name];
  if (!known) throw new Error(`Say in VALUES what to ask for with ${name}`);
  return known.map((value) => `${name}=${encodeURIComponent(value)}`);
}

function parametersOf({ operation }: Route): Parameter[] {
  return (operation.parameters ?? []).filter((parameter) => parameter.in === 'query');
}

function expectOk({ status, text }: RawAnswer, what: string): void {
  if (status >= 300) throw new Error(`${what} was answered with ${status} ${text}`);
}

interface OldOrder {
  id: string;
  userId: string;
  paymentId: string;
}

function anOldOrder(waybill: Waybill): Promise<OldOrder> {
  return eventually(async () => {
    const [order] = await waybill.sql<OldOrder & Record<string, string>>(
      'SELECT id, user_id AS "userId", payment_id AS "paymentId" FROM orders.orders ORDER BY created_at OFFSET 777 LIMIT 1',
    );
    if (!order) throw new Error('There is no order');
    return order;
  });
}
