import { startWaybill, type Waybill } from '../harness.js';
import { problemIn, send } from './http.js';
import { type Document, documentOf, routesOf } from './openapi.js';
import { Stage } from './stage.js';
import { unharmed } from './unharmed.js';

const INVALID = '400 REQUEST.INVALID';
const CURSOR = '400 REQUEST.INVALID_CURSOR';
const cursor = (values: unknown) => Buffer.from(JSON.stringify(values)).toString('base64url');
const ID = '0199c0de-0000-7000-8000-000000000001';

/** Each list of the system. */
const LISTS = [
  '/api/v1/orders',
  '/api/v1/payments',
  '/api/v1/notifications',
  '/api/v1/products',
  '/api/v1/inventory',
  '/api/v1/inventory/alerts',
  '/api/v1/inventory/movements',
  '/api/v1/inventory/MUG-001/movements',
  '/api/v1/users',
  '/api/v1/users/me/sessions',
  '/api/v1/events/users',
];

describe('a query', () => {
  let waybill: Waybill;
  let stage: Stage;
  let document: Document;

  beforeAll(async () => {
    waybill = await startWaybill();
    stage = await Stage.set(waybill);
    document = await documentOf(waybill.url);
    for (let i = 0; i < 3; i++) await stage.order();
    for (let i = 0; i < 2; i++) await stage.session(stage.admin);
  });
  afterAll(() => waybill?.stop());

  const ask = (path: string) => send(waybill.url, 'GET', path, { token: stage.admin.accessToken });
  const refusal = async (path: string) => {
    const answer = await ask(path);
    return `${answer.status} ${problemIn(answer).code}`;
  };

  it('is tried on every list that there is', () => {
    const paged = routesOf(document).filter(({ operation }) =>
      operation.parameters?.some(({ name }) => name === 'cursor'),
    );
    const tried = LISTS.map((path) =>
      path.replace('MUG-001', '{sku}').replace('events/users', 'events/{module}'),
    );
    const ofOneOrder = [
      '/api/v1/payments/order/{orderId}',
      '/api/v1/payments/{id}/history',
      '/api/v1/orders/{id}/history',
    ];
    expect([...tried, ...ofOneOrder].sort()).toEqual(paged.map(({ path }) => path).sort());
  });

  describe.each(LISTS)('of %s', (list) => {
    it.each([
      'limit=0',
      'limit=-1',
      'limit=101',
      'limit=1.5',
      'limit=9007199254740993',
      'limit=1e400',
      'limit=NaN',
      'limit=ten',
      'limit=',
      'limit=%20',
      'limit=1%00',
      'limit=1&limit=2',
      'limit[]=1',
      'limit[$gt]=1',
      'cursor=',
      'cursor=a&cursor=b',
      'cursor=not%20one',
      `cursor=${'a'.repeat(501)}`,
      'nonsense=1',
      '__proto__=1',
      'constructor=1',
      'offset=10',
      `sort=${'price;DROP%20TABLE%20orders'}`,
    ])('%s is refused', async (query) => {
      expect(await refusal(`${list}?${query}`)).toBe(INVALID);
    });

    it('with a cursor that was made up is refused', async () => {
      const made: unknown[] = [
        null,
        1,
        'text',
        {},
        [],
        [null],
        [[]],
        [1e300],
        [-1],
        ['\u0000'],
        ['\ud800'],
        ["' OR 1=1 --"],
        [{ sku: 'MUG-001' }],
        ['0000-01-01T00:00:00.000000Z', ID],
        ['2026-11-20T10:00:00+23:00', ID],
        ['2026-11-20T10:00:00.000000Z', 'x'],
        ['2026-02-31T10:00:00.000000Z', ID],
        [ID, ID, ID],
      ];
      await unharmed(stage, async () => {
        for (const values of made)
          expect({ values, answer: await refusal(`${list}?cursor=${cursor(values)}`) }).toEqual({
            values,
            answer: CURSOR,
          });
        for (const text of ['e30', 'AAAA', '____', 'W10'])
          expect(await refusal(`${list}?cursor=${text}`)).toBe(CURSOR);
      });
    });

    it('pages through all there is, each thing once, in the order of one page', async () => {
      type Page = { data: unknown[]; nextCursor: string | null };
      const page = async (query: string) => JSON.parse((await ask(`${list}?${query}`)).text) as Page;
      const whole = await page('limit=100');
      expect(whole.nextCursor).toBeNull();
      const one: unknown[] = [];
      let next: string | null = null;
      do {
        const { data, nextCursor }: Page = await page(`limit=2${next === null ? '' : `&cursor=${next}`}`);
        one.push(...data);
        next = nextCursor;
      } while (next !== null && one.length <= 100);
      expect(one).toEqual(whole.data);
    });
  });

  it.each<readonly [string, string]>([
    ['/api/v1/orders', 'status=lost'],
    ['/api/v1/orders', 'status=confirmed,'],
    ['/api/v1/orders', 'status=confirmed&status=failed'],
    ['/api/v1/orders', 'sort=total'],
    ['/api/v1/orders', 'q=%25'],
    ['/api/v1/orders', `userId=${ID}'--`],
    ['/api/v1/payments', 'status=lost'],
    ['/api/v1/payments', 'orderId=1'],
    ['/api/v1/notifications', 'type=pigeon'],
    ['/api/v1/notifications', 'userId=me'],
    ['/api/v1/inventory', 'warehouse=../main'],
    ['/api/v1/inventory', 'lowStock=1'],
    ['/api/v1/inventory/movements', 'orderId=1'],
    ['/api/v1/products', 'active=maybe'],
    ['/api/v1/products', `q=${'x'.repeat(101)}`],
    ['/api/v1/events/users', 'state=lost'],
    ['/api/v1/events/users', 'name=everything'],
    ['/api/v1/events/users', 'key='],
    ['/api/v1/events/users', 'from=yesterday'],
    ['/api/v1/events/users', 'to=2026-11-20T10:00:00%2B23:59'],
    ['/api/v1/events/..%2Fusers', 'limit=1'],
    ['/api/v1/events/users/dead-letters', 'limit=101'],
    ['/api/v1/events/users/dead-letters', 'cursor=AAAA'],
    ...['/api/v1/orders', '/api/v1/payments'].flatMap((list) =>
      [
        'yesterday',
        '2026-11-20',
        '2026-02-30T00:00:00Z',
        '0000-01-01T00:00:00Z',
        '12026-01-01T00:00:00Z',
        '2026-11-20T10:00:00',
        '2026-11-20T10:00:00%2B23:59',
        '2026-11-20T24:00:00Z',
        `2026-11-20T10:00:00.${'1'.repeat(200)}Z`,
        'infinity',
        'now',
      ].map((time) => [list, `createdFrom=${time}`] as const),
    ),
  ])('of %s with %s is refused', async (list, query) => {
    expect(await refusal(`${list}?${query}`)).toBe(INVALID);
  });

  it.each([
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59Z',
    '2026-11-20T10:00:00.123456789Z',
    '2026-11-20T10:00:00-12:00',
  ])('may say %s', async (time) => {
    for (const list of ['orders', 'payments']) {
      const { status } = await ask(
        `/api/v1/${list}?createdFrom=${encodeURIComponent(time)}&createdTo=${encodeURIComponent(time)}`,
      );
      expect(status).toBe(200);
    }
  });
});
