import type { TestUser } from '../builders/a-user.js';
import { startWaybill, type WaybillInside } from '../harness.js';
import { askFor } from './access-requests.js';
import { ACCESS, type Access, UNDOCUMENTED, WHO, type Who } from './access-table.js';
import { problemIn, type RawAnswer, send } from './http.js';
import { documentOf, routesOf } from './openapi.js';
import { freshKey, Stage } from './stage.js';

const title = ({ name, what }: Access) => (what ? `${name} (${what})` : name);
const NOWHERE = '0199c0de-0000-7000-8000-00000000ffff';

describe('who may do what', () => {
  let waybill: WaybillInside;
  let stage: Stage;

  beforeAll(async () => {
    waybill = await startWaybill({ REGISTRATIONS_PER_ADDRESS: '10000' });
    stage = await Stage.set(waybill);
  });
  afterAll(() => waybill?.stop());

  const person = (who: Who): TestUser | null => (who === 'nobody' ? null : stage[who]);

  async function ask(row: Access, who: Who, method = row.method): Promise<RawAnswer> {
    const { path, ...options } = await askFor(row, stage, person(who));
    const token = person(who)?.accessToken;
    return send(waybill.url, method, path, { ...options, ...(token ? { token } : {}) });
  }

  it('is told of every route that the API document has, and of no other', async () => {
    const documented = routesOf(await documentOf(waybill.url)).map(({ name }) => name);
    const told = new Set(ACCESS.map(({ name }) => name));
    expect([...told].filter((name) => !UNDOCUMENTED.includes(name)).sort()).toEqual(documented.sort());
  });

  it('is told of every route that the server has', () => {
    const told = [...new Set(ACCESS.map(({ name }) => name))];
    const served = serverRoutes(waybill).filter((name) => !PAGE_FILES.test(name));
    expect(told.sort()).toEqual(served.sort());
  });

  it('is documented as the table says', async () => {
    const open = ACCESS.filter(({ status }) => status.nobody < 400).map(({ name }) => name);
    for (const { name, operation } of routesOf(await documentOf(waybill.url))) {
      const needsToken = operation.security?.length === 1 && 'bearer' in (operation.security[0] ?? {});
      expect(`${name} ${needsToken}`).toBe(`${name} ${!open.includes(name)}`);
    }
  });

  it.each(ACCESS.map((row) => [title(row), row] as const))('%s', async (_, row) => {
    const answered: Partial<Record<Who, number>> = {};
    for (const who of WHO) {
      const answer = await ask(row, who);
      answered[who] = answer.status;
      if (answer.status >= 400) expect(problemIn(answer).code).toMatch(codeFor(answer.status, who));
    }
    expect(answered).toEqual(row.status);
  });

  it.each(ACCESS.filter(({ method }) => method === 'GET').map((row) => [title(row), row] as const))(
    'answers HEAD as %s, without a body',
    async (_, row) => {
      const answered: Partial<Record<Who, number>> = {};
      for (const who of WHO) {
        const { status, text } = await ask(row, who, 'HEAD');
        answered[who] = status;
        expect(text).toBe('');
      }
      expect(answered).toEqual(row.status);
    },
  );

  it('tells nothing to OPTIONS, PATCH and other methods, whoever asks', async () => {
    for (const path of new Set(ACCESS.map((row) => row.path.replace(/\{\w+\}/g, NOWHERE)))) {
      for (const method of ['OPTIONS', 'PATCH', 'PROPFIND']) {
        const answer = await send(waybill.url, method, path, { token: stage.admin.accessToken });
        expect(`${method} ${path} ${answer.status} ${problemIn(answer).code}`).toBe(
          `${method} ${path} 404 REQUEST.NOT_FOUND`,
        );
        expect(answer.headers.get('allow')).toBeNull();
      }
    }
  });

  it('answers of what is another customer’s as of what is not there', async () => {
    for (const row of ACCESS.filter(({ status }) => status.other === 404)) {
      const { path, ...options } = await askFor(row, stage, stage.other);
      const asked = { ...options, token: stage.other.accessToken };
      const theirs = problemIn(await send(waybill.url, row.method, path, asked));
      const id = path.split('/').find((segment) => segment.length === NOWHERE.length) ?? '';
      const nothing = problemIn(await send(waybill.url, row.method, path.replace(id, NOWHERE), asked));
      const same = ({ code, title, detail }: typeof theirs) => ({ code, title, detail });
      expect(same(theirs)).toEqual(same(nothing));
    }
  });

  it('shows customers their own things in lists, whomever they ask for, and staff everybody’s', async () => {
    const { id, payment } = await stage.order();
    const { id: notification } = await stage.notification();
    const lists: [string, string][] = [
      [`/api/v1/orders?limit=100&userId=${stage.owner.id}`, id],
      [`/api/v1/payments?limit=100&orderId=${id}`, payment.id],
      [`/api/v1/notifications?limit=100&userId=${stage.owner.id}`, notification],
    ];
    for (const [path, wanted] of lists) {
      const seenBy = async (who: Who) =>
        (await send(waybill.url, 'GET', path, { token: stage[who as 'owner'].accessToken })).text.includes(
          wanted,
        );
      expect({ path, owner: await seenBy('owner'), other: await seenBy('other') }).toEqual({
        path,
        owner: true,
        other: false,
      });
      expect({ path, staff: await seenBy('staff'), admin: await seenBy('admin') }).toEqual({
        path,
        staff: true,
        admin: true,
      });
    }
  });

  it('shows what lies where to staff only', async () => {
    const warehouses = async (who: Who) =>
      (await ask(rowOf('GET /api/v1/inventory/{sku}'), who)).text.includes('warehouses');
    expect({ nobody: await warehouses('nobody'), owner: await warehouses('owner') }).toEqual({
      nobody: false,
      owner: false,
    });
    expect({ staff: await warehouses('staff'), admin: await warehouses('admin') }).toEqual({
      staff: true,
      admin: true,
    });
  });

  it('lets nobody but administrators give roles, to themselves neither', async () => {
    for (const who of ['owner', 'staff'] as const) {
      const { id, accessToken: token } = stage[who];
      const answer = await send(waybill.url, 'PUT', `/api/v1/users/${id}`, {
        token,
        body: { name: 'Root', roles: ['admin'] },
      });
      expect(problemIn(answer).code).toBe('AUTH.FORBIDDEN');
      const me = await send(waybill.url, 'GET', '/api/v1/users/me', { token });
      expect(me.text).not.toContain('Root');
    }
    const sneaky = {
      email: 'sneaky@example.org',
      password: 'correct horse battery',
      name: 'Sneaky',
      roles: ['admin'],
    };
    expect(problemIn(await send(waybill.url, 'POST', '/api/v1/users/register', { body: sneaky })).code).toBe(
      'REQUEST.INVALID',
    );
  });

  it('places an order for whoever holds the token, whatever the body says', async () => {
    const row = rowOf('POST /api/v1/orders');
    const { body } = await askFor(row, stage, stage.other);
    for (const extra of [
      { userId: stage.owner.id },
      { total: { amount: 1, currency: 'EUR' } },
      { status: 'delivered' },
    ]) {
      const answer = await send(waybill.url, 'POST', row.path, {
        token: stage.other.accessToken,
        key: freshKey(),
        body: { ...(body as object), ...extra },
      });
      expect(problemIn(answer)).toMatchObject({ status: 400, code: 'REQUEST.INVALID' });
    }
  });
});

/** The files of the API page, the page under its other name, and the files of the web page. */
const PAGE_FILES = /^GET \/(?:docs\/|assets\/\*$)/;

function rowOf(name: string): Access {
  const row = ACCESS.find((each) => each.name === name);
  if (!row) throw new Error(`no row ${name}`);
  return row;
}

function codeFor(status: number, who: Who): RegExp {
  if (status === 401) return who === 'nobody' ? /^AUTH\.TOKEN_REQUIRED$/ : /never/;
  return status === 403 ? /^AUTH\.FORBIDDEN$/ : /NOT_FOUND$/;
}

/** Every route of the HTTP server as the API document would write it, read from the server itself. */
function serverRoutes(waybill: WaybillInside): string[] {
  const fastify = waybill.app.getHttpAdapter().getInstance() as unknown as {
    printRoutes(options: object): string;
  };
  const parents: string[] = [];
  // Printed without its common prefixes, a route would lack what stands before its *.
  return fastify
    .printRoutes({ commonPrefix: true })
    .split('\n')
    .flatMap((line) => {
      const [, indent = '', part = '', methods] = /^([│ ]*[├└]── )(\S*)(?: \((.*)\))?$/.exec(line) ?? [];
      if (part === '' && methods === undefined) return [];
      const depth = indent.length / 4;
      parents.length = depth;
      parents[depth] = part;
      const path = parents
        .slice(1)
        .join('')
        .replace(/:(\w+)/g, '{$1}');
      const verbs = (methods ?? '').split(', ').filter((verb) => verb && verb !== 'HEAD');
      return verbs.map((verb) => `${verb} ${path}`);
    });
}
