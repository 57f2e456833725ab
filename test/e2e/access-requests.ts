import { newId } from '../../src/common/ids.js';
import type { RequestOptions } from '../api.js';
import type { TestUser } from '../builders/a-user.js';
import { anOrder } from '../builders/order.builder.js';
import type { Access } from './access-table.js';
import { freshKey, type Stage } from './stage.js';

export interface Ask extends RequestOptions {
  /** Values of the path's parameters. */
  params?: Record<string, string>;
  body?: unknown;
}

/** Makes a request that would succeed, were it only for the right person, on something new of the owner's. */
type MakeAsk = (stage: Stage, who: TestUser | null) => Ask | Promise<Ask>;

const PASSWORD = 'correct horse battery';
const { shippingAddress } = anOrder().build();

const order = async (stage: Stage): Promise<Ask> => ({ params: { id: (await stage.order()).id } });
const changed =
  (body: unknown): MakeAsk =>
  async (stage) => ({ ...(await order(stage)), body });
const payment = async (stage: Stage) => ({ params: { id: (await stage.order()).payment.id } });
const user =
  (body?: unknown): MakeAsk =>
  ({ owner }) => ({ params: { id: owner.id }, body });
const sku = { params: { sku: 'MUG-001' } };
const users = { params: { module: 'users' } };
const keyed = (body: unknown): Ask => ({ body, key: freshKey() });

const ASKS: Record<string, MakeAsk> = {
  'POST /api/v1/users/register': () => ({
    body: { email: `${newId()}@example.org`, password: PASSWORD, name: 'Zoe' },
  }),
  'POST /api/v1/users/login': ({ owner }) => ({ body: { email: owner.email, password: owner.password } }),
  'POST /api/v1/users/refresh': async (stage) => ({
    body: { refreshToken: (await stage.session()).refreshToken },
  }),
  'POST /api/v1/users/logout': async (stage) => ({
    body: { refreshToken: (await stage.session()).refreshToken },
  }),
  'PUT /api/v1/users/me/password': (_, who) => ({
    body: { currentPassword: who?.password ?? PASSWORD, newPassword: who?.password ?? PASSWORD },
  }),
  'DELETE /api/v1/users/me/sessions/{id}': async (stage) => ({ params: { id: (await stage.session()).id } }),
  'GET /api/v1/users/{id}': user(),
  'PUT /api/v1/users/{id} name': user({ name: 'Somebody' }),
  'PUT /api/v1/users/{id} roles': user({ roles: ['customer'] }),
  'PUT /api/v1/users/{id} status': user({ status: 'active' }),

  'GET /api/v1/products/{sku}': () => sku,
  'POST /api/v1/products': () => ({
    body: { sku: `NEW-${newId().toUpperCase()}`, name: 'New', price: { amount: 1, currency: 'EUR' } },
  }),
  'PUT /api/v1/products/{sku}': () => ({ ...sku, body: { active: true } }),

  'GET /api/v1/inventory/{sku}': () => sku,
  'GET /api/v1/inventory/{sku}/movements': () => sku,
  'POST /api/v1/inventory/reserve': () =>
    keyed({ orderId: newId(), items: [{ sku: 'MUG-001', quantity: 1 }], reason: 'by phone' }),
  'POST /api/v1/inventory/release': () => keyed({ orderId: newId(), reason: 'by phone' }),
  'POST /api/v1/inventory/adjust': () =>
    keyed({ sku: 'MUG-001', warehouse: 'main', delta: 1, reason: 'found' }),

  'POST /api/v1/orders': () => ({ body: anOrder().build() }),
  'GET /api/v1/orders/{id}': order,
  'GET /api/v1/orders/{id}/history': order,
  'PUT /api/v1/orders/{id} note': changed({ note: 'Ring twice' }),
  'PUT /api/v1/orders/{id} address': changed({ shippingAddress }),
  'PUT /api/v1/orders/{id} status': changed({ status: 'processing' }),
  'DELETE /api/v1/orders/{id}': order,

  'POST /api/v1/payments': async (stage) =>
    keyed({
      orderId: (await stage.order()).id,
      amount: { amount: 100, currency: 'EUR' },
      method: 'card',
      token: 'tok_visa',
    }),
  'GET /api/v1/payments/{id}': payment,
  'GET /api/v1/payments/{id}/history': payment,
  'GET /api/v1/payments/order/{orderId}': async (stage) => ({
    params: { orderId: (await stage.order()).id },
  }),
  'POST /api/v1/payments/{id}/refund': async (stage) => ({
    ...(await payment(stage)),
    ...keyed({ reason: 'broken' }),
  }),

  'POST /api/v1/notifications/send': ({ owner }) => ({
    body: { userId: owner.id, type: 'email', subject: 'Hello', body: 'How are you?' },
  }),
  'GET /api/v1/notifications/{id}': async (stage) => ({ params: { id: (await stage.notification()).id } }),
  'PUT /api/v1/notifications/preferences': () => ({ body: { phone: null, kinds: {} } }),

  'GET /api/v1/events/{module}': () => users,
  'GET /api/v1/events/{module}/{id}': async (stage) => ({
    params: { module: 'users', id: await stage.event('users') },
  }),
  'POST /api/v1/events/{module}/replay': async (stage) => ({
    ...users,
    body: { consumer: 'notifications', ids: [await stage.event('users')] },
  }),
  'GET /api/v1/events/{module}/dead-letters': () => users,
  'POST /api/v1/events/{module}/dead-letters/retry': () => ({
    ...users,
    body: { ids: [newId()] },
  }),

  'GET /images/products/{file}': () => ({ params: { file: 'mug-001.svg' } }),
};

/** What to send for a row of the table. Routes that are not listed need nothing. */
export async function askFor(
  row: Access,
  stage: Stage,
  who: TestUser | null,
): Promise<Ask & { path: string }> {
  const make = ASKS[`${row.name} ${row.what}`.trim()];
  const ask = (await make?.(stage, who)) ?? {};
  const path = row.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = ask.params?.[name];
    if (value === undefined) throw new Error(`${row.name} needs a value for ${name}`);
    return value;
  });
  return { ...ask, path };
}
