import { newId } from '../../src/common/ids.js';
import { anOrder } from '../builders/order.builder.js';
import { startWaybill, type Waybill } from '../harness.js';
import { askFor } from './access-requests.js';
import { ACCESS } from './access-table.js';
import { problemIn, send } from './http.js';
import { type Document, documentOf, type Route, routesOf, type Schema } from './openapi.js';
import { Stage } from './stage.js';
import { unharmed } from './unharmed.js';

/** Of parameters, so that the others are looked at. */
const KNOWN: Record<string, string> = { sku: 'MUG-001', module: 'users' };

/** What no database can keep, or would keep as something else. */
const UNKEEPABLE = { 'a NUL': 'x\u0000y', 'half a character': 'x\ud800y', 'the other half': '\udc00' };

const ONE_LINE = [
  "Robert'); DROP TABLE orders; --",
  "' OR '1'='1",
  '<script>alert(document.cookie)</script>',
  '"><img src=x onerror=alert(1)>',
  '{{ 7 | times: 6 }} {% raw %}',
  '${7*7} #{7*7} %{7*7} $(reboot) `reboot`',
  '../../../etc/passwd',
  '%00%0d%0aSet-Cookie:%20a=b',
  '\\u0000 \\r\\n \\',
  '{"level":60,"message":"forged"}',
  '=cmd|calc!A1',
  '\u202egnp.exe \u200bx',
  '👩‍👩‍👧‍👦 Zażółć gęślą jaźń 漢字 مرحبا',
];
const LINES = [
  'one\u2028two\u0085three',
  'a\r\nSet-Cookie: admin=1\r\n\r\n<html>',
  'tab\there',
  '\u001b[31mred',
  '{"a":1}\n{"level":60,"message":"forged"}\n',
];

describe('text', () => {
  let waybill: Waybill;
  let stage: Stage;
  let document: Document;

  beforeAll(async () => {
    waybill = await startWaybill();
    stage = await Stage.set(waybill);
    document = await documentOf(waybill.url);
  });
  afterAll(() => waybill?.stop());

  const asAdmin = (method: string, path: string, body?: unknown) =>
    send(waybill.url, method, path, { body, token: stage.admin.accessToken, key: newId() });
  const read = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const { status, text, headers } = await asAdmin(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path} answered ${status} ${text}`);
    expect([headers.get('content-type'), headers.get('x-content-type-options')]).toEqual([
      'application/json; charset=utf-8',
      'nosniff',
    ]);
    return JSON.parse(text) as T;
  };

  const WITH_BODY = [
    ...new Set(ACCESS.filter(({ method }) => method === 'POST' || method === 'PUT').map(({ name }) => name)),
  ];
  const NO_TEXT = ['PUT /api/v1/notifications/preferences'];

  it.each(WITH_BODY)('with NUL or half a character is refused in every field of %s', async (name) => {
    const row = ACCESS.find((each) => each.name === name);
    const schema = routeOf(name).operation.requestBody?.content['application/json']?.schema;
    if (!row || !schema) throw new Error(`${name} takes no body`);
    const { path, body } = await askFor(row, stage, stage.admin);
    const fields = textFields(schema, document);
    if (!NO_TEXT.includes(name)) expect(fields.length).toBeGreaterThan(0);
    await unharmed(stage, async () => {
      for (const field of fields) {
        for (const [what, text] of Object.entries(UNKEEPABLE)) {
          const problem = problemIn(await asAdmin(row.method, path, withText(body, field, text)));
          const told = problem.errors?.map((each) => each.path) ?? [];
          expect({ field, what, code: problem.code, told }).toEqual({
            field,
            what,
            code: 'REQUEST.INVALID',
            told: expect.arrayContaining([field]),
          });
        }
      }
    });
  });

  it('with NUL is refused in every parameter of every route', async () => {
    let asked = 0;
    for (const { method, path, operation } of routesOf(document)) {
      for (const { name, in: place, schema } of operation.parameters ?? []) {
        if (place === 'header' || schema['type'] !== 'string') continue;
        const ids = path.replace(/\{(\w+)\}/g, (_, each: string) =>
          place === 'path' && each === name ? 'A%00' : (KNOWN[each] ?? newId()),
        );
        const answer = await asAdmin(
          method,
          place === 'query' ? `${ids}?${name}=A%00` : ids,
          method === 'GET' ? undefined : {},
        );
        expect(`${method} ${path} ${name} ${answer.status} ${problemIn(answer).code}`).toBe(
          `${method} ${path} ${name} 400 REQUEST.INVALID`,
        );
        asked += 1;
      }
    }
    expect(asked).toBeGreaterThan(40);
  });

  describe.each(ONE_LINE)('such as %s', (text) => {
    it('is kept in an order and given back as it is', async () => {
      const good = anOrder().build();
      const shippingAddress = { ...good.shippingAddress, name: text, line1: text, line2: text, city: text };
      const { id } = await read<{ id: string }>('POST', '/api/v1/orders', {
        ...good,
        note: text,
        shippingAddress,
      });
      expect(await read('GET', `/api/v1/orders/${id}`)).toMatchObject({ note: text, shippingAddress });
      await read('PUT', `/api/v1/orders/${id}`, { status: 'processing', reason: text });
      const history = await read<{ data: object[] }>('GET', `/api/v1/orders/${id}/history`);
      expect(history.data.at(-1)).toMatchObject({ reason: text });
    });

    it('is kept in a product, a movement and a user, and given back as it is', async () => {
      const sku = `T-${newId().toUpperCase()}`;
      await read('POST', '/api/v1/products', {
        sku,
        name: text,
        description: text,
        price: { amount: 1, currency: 'EUR' },
      });
      expect(await read('GET', `/api/v1/products/${sku}`)).toMatchObject({ name: text, description: text });
      await read('POST', '/api/v1/inventory/adjust', { sku, warehouse: 'main', delta: 1, reason: text });
      const { data } = await read<{ data: object[] }>('GET', `/api/v1/inventory/${sku}/movements`);
      expect(data[0]).toMatchObject({ reason: text });
      const path = `/api/v1/users/${stage.other.id}`;
      await read('PUT', path, { name: text });
      expect(await read('GET', path)).toMatchObject({ name: text });
    });

    it('is kept in a notification, and in one that a template makes of it', async () => {
      const to = { userId: stage.other.id, type: 'email' };
      const own = await read<{ id: string }>('POST', '/api/v1/notifications/send', {
        ...to,
        subject: text,
        body: text,
      });
      expect(await read('GET', `/api/v1/notifications/${own.id}`)).toMatchObject({
        subject: text,
        body: text,
      });
      await read('PUT', `/api/v1/users/${stage.other.id}`, { name: text });
      const made = await read<{ body: string }>('POST', '/api/v1/notifications/send', {
        ...to,
        template: 'order-failed',
        variables: { number: 'WB-1', reason: text },
      });
      // What turns the reading direction round is left out of mails.
      expect(made.body).toContain(`could not be placed: ${text.replace('\u202e', '')}.`);
    });

    it('finds what holds it, and changes nothing, when it is searched for', async () => {
      const q = encodeURIComponent(text);
      await unharmed(stage, async () => {
        for (const list of ['products', 'users', 'inventory']) {
          const answer = await asAdmin('GET', `/api/v1/${list}?q=${q}`);
          if (answer.status !== 200) expect(problemIn(answer).code).toBe('REQUEST.INVALID');
        }
        expect(problemIn(await asAdmin('GET', `/api/v1/orders?q=${q}`)).code).toBe('REQUEST.INVALID');
      });
    });
  });

  it.each(LINES)(
    'of several lines or with control characters is kept where lines are allowed, and refused elsewhere: %j',
    async (text) => {
      const good = anOrder().build();
      const { note } = await read<{ note: string }>('POST', '/api/v1/orders', { ...good, note: text });
      expect(note).toBe(text);
      const address = { ...good, shippingAddress: { ...good.shippingAddress, city: `x${text}y` } };
      expect(problemIn(await asAdmin('POST', '/api/v1/orders', address)).code).toBe('REQUEST.INVALID');
      const mail = { userId: stage.other.id, type: 'email', subject: `x${text}y`, body: 'x' };
      expect(problemIn(await asAdmin('POST', '/api/v1/notifications/send', mail)).code).toBe(
        'REQUEST.INVALID',
      );
    },
  );

  it.each(['%', '_', '*', '.*', '\\'])(
    'that is a wildcard elsewhere stands for itself when %s is searched for',
    async (wildcard) => {
      const sku = 'PLAIN-1';
      await asAdmin('POST', '/api/v1/products', {
        sku,
        name: 'Plain',
        price: { amount: 1, currency: 'EUR' },
      });
      for (const list of ['users', 'inventory']) {
        const { data } = await read<{ data: { name?: string; email?: string; sku?: string }[] }>(
          'GET',
          `/api/v1/${list}?limit=100&q=${encodeURIComponent(wildcard)}`,
        );
        const holding = data.filter((each) => Object.values(each).join(' ').includes(wildcard));
        expect(data).toEqual(holding);
      }
    },
  );

  function routeOf(name: string): Route {
    const route = routesOf(document).find((each) => each.name === name);
    if (!route) throw new Error(`the document has no ${name}`);
    return route;
  }
});

/** Where a body has free text: `shippingAddress.name`, `items.0.sku`. */
function textFields(schema: Schema, document: Document, path = ''): string[] {
  if (schema.$ref)
    return textFields(document.components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {}, document, path);
  const below = (key: string | number) => (path === '' ? String(key) : `${path}.${key}`);
  if (Array.isArray(schema['anyOf']))
    return (schema['anyOf'] as Schema[]).flatMap((each) => textFields(each, document, path));
  if (schema['type'] === 'array') return textFields(schema['items'] as Schema, document, below(0));
  if (schema['type'] === 'object') {
    const properties = Object.entries((schema['properties'] ?? {}) as Record<string, Schema>);
    return properties.flatMap(([name, each]) => textFields(each, document, below(name)));
  }
  return [schema['type']].flat().includes('string') && !schema['enum'] ? [path] : [];
}

/** The body with a text in place of whatever was there. */
function withText(body: unknown, field: string, text: string): unknown {
  const copy = structuredClone(body) as Record<string, unknown>;
  const keys = field.split('.');
  const last = keys.pop() ?? '';
  let holder = copy;
  for (const key of keys) holder = (holder[key] ??= {}) as Record<string, unknown>;
  holder[last] = text;
  return copy;
}
