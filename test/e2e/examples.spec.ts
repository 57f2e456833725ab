import { anOrder } from '../builders/order.builder.js';
import { aUser } from '../builders/a-user.js';
import { type DemoUser, DEMO_PASSWORD } from '../api.js';
import { startWaybill, type Waybill } from '../harness.js';
import { send } from './http.js';
import { type Document, documentOf, type Route, routesOf } from './openapi.js';
import { ACCESS, UNDOCUMENTED } from './access-table.js';

/** Something that only an earlier answer can tell, in place of the example's. */
interface Told {
  id?: string;
  body?: Record<string, string>;
}

const NAMES = [...new Set(ACCESS.map(({ name }) => name))].filter((name) => !UNDOCUMENTED.includes(name));

describe('the examples of the API document work as they stand', () => {
  let waybill: Waybill;
  let document: Document;

  beforeAll(async () => {
    waybill = await startWaybill();
    document = await documentOf(waybill.url);
  });
  afterAll(() => waybill?.stop());

  const as = (user: DemoUser) => waybill.api.token(user);
  async function placed(): Promise<{ id: string; payment: { id: string } }> {
    const { body } = await waybill.api.post<{ id: string; payment: { id: string } }>(
      '/orders',
      anOrder().build(),
      { token: await as('alice') },
    );
    return body;
  }
  async function firstOf(path: string): Promise<Told> {
    const { body } = await waybill.api.get<{ data: { id: string }[] }>(path, { token: await as('alice') });
    return { id: body.data[0]?.id ?? '' };
  }
  const refreshToken = async (): Promise<Told> => {
    const login = { email: 'alice@waybill.test', password: DEMO_PASSWORD };
    const { body } = await waybill.api.post<{ refreshToken: string }>('/users/login', login);
    return { body: { refreshToken: body.refreshToken } };
  };
  const order = async (): Promise<Told> => ({ id: (await placed()).id });
  const payment = async (): Promise<Told> => ({ id: (await placed()).payment.id });

  /** The examples that need an id or a token from an earlier answer, and how to come by it. */
  const TOLD: Record<string, () => Promise<Told>> = {
    'POST /api/v1/users/refresh': refreshToken,
    'POST /api/v1/users/logout': refreshToken,
    'DELETE /api/v1/users/me/sessions/{id}': async () => {
      await waybill.api.login('alice@waybill.test', DEMO_PASSWORD);
      return firstOf('/users/me/sessions');
    },
    'GET /api/v1/orders/{id}': order,
    'GET /api/v1/orders/{id}/history': order,
    'PUT /api/v1/orders/{id}': order,
    'DELETE /api/v1/orders/{id}': order,
    'POST /api/v1/payments': async () => ({ body: { orderId: (await placed()).id } }),
    'GET /api/v1/payments/{id}': payment,
    'GET /api/v1/payments/{id}/history': payment,
    'GET /api/v1/payments/order/{orderId}': order,
    'POST /api/v1/payments/{id}/refund': payment,
    'GET /api/v1/notifications/{id}': () => firstOf('/notifications?limit=1'),
    'GET /api/v1/events/{module}/{id}': async () => {
      await aUser(waybill.api);
      const token = await as('admin');
      const { body } = await waybill.api.get<{ data: { id: string }[] }>('/events/users', { token });
      return { id: body.data[0]?.id ?? '' };
    },
  };

  it.each(NAMES)('%s', async (name) => {
    const route = routesOf(document).find((each) => each.name === name);
    if (!route) throw new Error(`the document has no ${name}`);
    const { path, headers, body } = exampleOf(route, (await TOLD[name]?.()) ?? {});
    const token = await as(userFor(route));
    const { status, text } = await send(waybill.url, route.method, path, { headers, body, token });
    const success = Number(Object.keys(route.operation.responses).find((each) => each.startsWith('2')));
    expect({ status, problem: status === success ? '' : text }).toEqual({ status: success, problem: '' });
  });
});

/** Alice, whom the page logs in, where no role is needed. Bob is the one whose password is changed. */
function userFor({ operation }: Route): DemoUser {
  if (operation.operationId.endsWith('changePassword')) return 'bob';
  const role = /Needs the role (\w+)/.exec(operation.description ?? '')?.[1];
  return role === 'admin' || role === 'staff' ? role : 'alice';
}

function exampleOf({ path, operation }: Route, told: Told) {
  const { parameters = [], requestBody } = operation;
  const required = parameters.filter((each) => each.required);
  const valueOf = (name: string): string => {
    const example = required.find((each) => each.name === name)?.schema['example'];
    if (typeof example !== 'string') throw new Error(`there is no example of ${name}`);
    return example;
  };
  const headers = Object.fromEntries(
    required.filter((each) => each.in === 'header').map(({ name }) => [name, valueOf(name)]),
  );
  const example = requestBody?.content['application/json']?.example as object | undefined;
  return {
    path: path.replace(/\{(\w+)\}/g, (_, name: string) =>
      name === 'module' ? valueOf(name) : (told.id ?? valueOf(name)),
    ),
    headers,
    body: example && { ...example, ...told.body },
  };
}
