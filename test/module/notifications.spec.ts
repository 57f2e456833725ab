import { newId } from '../../src/common/ids.js';
import type { EventEnvelope } from '../../src/common/messaging/contract.js';
import { ModuleTransport } from '../../src/common/messaging/module-transport.js';
import type { NotificationDto } from '../../src/modules/notifications/notifications.schemas.js';
import { anEnvelope, anOrderEvent } from '../builders/order-event.js';
import { LiveClient } from '../fakes/live-client.js';
import { eventually, startWaybill, type WaybillInside } from '../harness.js';

const ALICE = '0199c0de-0000-7000-8000-000000000001';
const BOB = '0199c0de-0000-7000-8000-000000000002';

interface Listed {
  data: NotificationDto[];
  nextCursor: string | null;
}

describe('notifications', () => {
  let waybill: WaybillInside;
  let alice: string;
  let bob: string;
  let staff: string;
  const clients: LiveClient[] = [];

  const deliver = (event: EventEnvelope) =>
    waybill.app.get(ModuleTransport).deliverOrPark('notifications', event);
  const list = async (query: string, token = staff) => {
    const { body } = await waybill.api.get<Listed>(`/notifications?${query}`, { token });
    return body.data;
  };
  const ofOrder = (event: EventEnvelope<{ orderId: string }>) => list(`orderId=${event.payload.orderId}`);
  const sorted = (rows: NotificationDto[]) => rows.map(({ type, status }) => `${type} ${status}`).sort();
  const listen = async (token: string) => {
    const client = new LiveClient(waybill.url, token);
    clients.push(client);
    await eventually(() => expect(client.types).toEqual(['ready']));
    return client;
  };

  beforeAll(async () => {
    waybill = await startWaybill();
    [alice, bob, staff] = await Promise.all([
      waybill.api.token('alice'),
      waybill.api.token('bob'),
      waybill.api.token('staff'),
    ]);
  });

  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });

  afterAll(() => waybill?.stop());

  describe('of events', () => {
    it('keeps one mail of an order, however often the event arrives', async () => {
      const event = anOrderEvent('confirmed', ALICE);
      await Promise.all([deliver(event), deliver(event)]);
      await deliver(event);
      const rows = await ofOrder(event);
      expect(sorted(rows)).toEqual(['email sent', 'websocket sent']);
      const mail = rows.find(({ type }) => type === 'email');
      expect(mail).toMatchObject({
        userId: ALICE,
        template: 'order-confirmed',
        subject: 'Order WB-2026-000123 is confirmed',
      });
      expect(mail?.body).toContain('Hello Alice Archer,');
      expect(mail?.body).toContain('2 x Mug: 25.80 EUR');
    });

    it('keeps one mail of an order and kind, even when another event tells the same', async () => {
      const event = anOrderEvent('confirmed', ALICE);
      await deliver(event);
      await deliver({ ...event, id: newId() });
      expect(await ofOrder(event)).toHaveLength(2);
    });

    it('tells of the mail with an event of its own, in the trace of the order', async () => {
      const event = anOrderEvent('shipped', ALICE);
      await deliver(event);
      const told = await waybill.sql<{ name: string; correlation_id: string; causation_id: string }>(
        `SELECT name, correlation_id, causation_id FROM notifications.outbox WHERE payload->>'orderId' = $1`,
        [event.payload.orderId],
      );
      expect(told).toEqual([
        { name: 'notifications.sent', correlation_id: event.correlationId, causation_id: event.id },
      ]);
    });

    it('remembers every event in its inbox, also those that nobody is written about', async () => {
      const event = anOrderEvent('processing', ALICE);
      await deliver(event);
      const rows = await waybill.sql('SELECT state FROM notifications.inbox WHERE event_id = $1', [event.id]);
      expect(rows).toEqual([{ state: 'done' }]);
      expect(await ofOrder(event)).toEqual([]);
    });

    it('tells of each refund of an order', async () => {
      const orderId = newId();
      const money = { amount: 500, currency: 'EUR' };
      const refund = () => ({ paymentId: newId(), orderId, userId: ALICE, refundId: newId(), reason: null });
      const amounts = { amount: money, refunded: money, captured: money };
      for (let i = 0; i < 2; i++) await deliver(anEnvelope('payments.refunded', { ...refund(), ...amounts }));
      const mails = (await list(`orderId=${orderId}&type=email`)).map(({ subject }) => subject);
      expect(mails).toEqual(['We refunded 5.00 EUR', 'We refunded 5.00 EUR']);
    });

    it('welcomes who has registered', async () => {
      const person = { email: `${newId()}@waybill.test`, password: 'correct horse battery', name: 'Carla' };
      const { body } = await waybill.api.post<{ id: string }>('/users/register', person);
      const [mail] = await eventually(async () => {
        const rows = await list(`userId=${body.id}&type=email`);
        expect(rows).toHaveLength(1);
        return rows;
      });
      expect(mail).toMatchObject({ template: 'welcome', orderId: null, status: 'sent' });
      expect(mail?.body).toContain('Hello Carla,');
    });

    it('records a failure for a user that does not exist, and fails nothing else', async () => {
      const event = anOrderEvent('confirmed', newId());
      const other = anOrderEvent('confirmed', BOB);
      await Promise.all([deliver(event), deliver(other)]);
      expect(sorted(await ofOrder(event))).toEqual(['email failed']);
      expect(sorted(await ofOrder(other))).toEqual(['email sent', 'websocket sent']);
    });
  });

  describe('preferences', () => {
    const put = (body: unknown, token = bob) =>
      waybill.api.put<Record<string, unknown>>('/notifications/preferences', body, { token });
    afterEach(() => put({}));

    it('are spelt out whole, defaults included', async () => {
      const { status, body } = await put({
        phone: '+4915112345678',
        kinds: { 'order-shipped': ['sms', 'sms'] },
      });
      expect(status).toBe(200);
      expect(body).toMatchObject({
        phone: '+4915112345678',
        kinds: { 'order-shipped': ['sms'], 'order-confirmed': ['email', 'websocket'] },
      });
      const read = await waybill.api.get('/notifications/preferences', { token: bob });
      expect(read.body).toEqual(body);
      expect((await put({})).body).toMatchObject({
        phone: null,
        kinds: { 'order-shipped': ['email', 'websocket'] },
      });
    });

    it('decide by which channel an order is told of', async () => {
      await put({ phone: '+4915112345678', kinds: { 'order-shipped': ['sms'], 'order-delivered': [] } });
      const shipped = anOrderEvent('shipped', BOB);
      const delivered = anOrderEvent('delivered', BOB);
      const cancelled = anOrderEvent('cancelled', BOB);
      for (const event of [shipped, delivered, cancelled]) await deliver(event);
      expect(sorted(await ofOrder(shipped))).toEqual([
        'email suppressed',
        'sms sent',
        'websocket suppressed',
      ]);
      expect(sorted(await ofOrder(delivered))).toEqual(['email suppressed', 'websocket suppressed']);
      expect(sorted(await ofOrder(cancelled))).toEqual(['email sent', 'websocket sent']);
    });

    it.each([
      ['a text message without a number', { kinds: { welcome: ['sms'] } }, 'NOTIFICATION.PHONE_REQUIRED'],
      ['a number that is none', { phone: '0151 123' }, 'REQUEST.INVALID'],
      ['an unknown kind', { kinds: { newsletter: ['email'] } }, 'REQUEST.INVALID'],
      ['an unknown channel', { kinds: { welcome: ['pigeon'] } }, 'REQUEST.INVALID'],
      ['an unknown field', { userId: ALICE }, 'REQUEST.INVALID'],
    ])('refuse %s', async (_what, body, code) => {
      expect(await put(body)).toMatchObject({ status: 400, body: { code } });
    });
  });

  describe('POST /notifications/send', () => {
    const send = (body: unknown, token = staff) =>
      waybill.api.post<NotificationDto>('/notifications/send', body, { token });
    const text = {
      userId: ALICE,
      type: 'email',
      subject: 'Your parcel',
      body: 'It is with your neighbour.\n',
    };

    it('sends a text, and the user finds it', async () => {
      const { status, body } = await send(text);
      expect(status).toBe(201);
      expect(body).toMatchObject({ ...text, template: 'custom', status: 'sent', orderId: null });
      expect((await waybill.api.get(`/notifications/${body.id}`, { token: alice })).body).toEqual(body);
    });

    it('sends from a template, again and again', async () => {
      const request = {
        userId: ALICE,
        type: 'email',
        template: 'order-delivered',
        variables: { number: 'WB-1' },
        orderId: newId(),
      };
      for (let i = 0; i < 2; i++) {
        expect(await send(request)).toMatchObject({
          status: 201,
          body: { subject: 'Order WB-1 was delivered', status: 'sent' },
        });
      }
      expect(await list(`orderId=${request.orderId}`)).toHaveLength(2);
    });

    it('suppresses a kind that the user has turned off', async () => {
      await waybill.api.put('/notifications/preferences', { kinds: { welcome: [] } }, { token: bob });
      const { body } = await send({ userId: BOB, type: 'email', template: 'welcome' });
      expect(body).toMatchObject({ template: 'welcome', status: 'suppressed' });
      await waybill.api.put('/notifications/preferences', {}, { token: bob });
    });

    it('pushes one by WebSocket to its user alone', async () => {
      const [hers, his] = await Promise.all([listen(alice), listen(bob)]);
      const { body } = await send({ ...text, type: 'websocket' });
      await eventually(() => expect(hers.types).toContain('notifications.sent'));
      expect(hers.heard.at(-1)?.data).toEqual(body);
      expect(his.types).toEqual(['ready']);
    });

    it.each([
      ['an unknown user', { ...text, userId: newId() }, 404, 'NOTIFICATION.USER_NOT_FOUND'],
      ['a text message to nobody’s number', { ...text, type: 'sms' }, 409, 'NOTIFICATION.NO_PHONE'],
      ['an unknown template', { userId: ALICE, type: 'email', template: 'spam' }, 400, 'REQUEST.INVALID'],
      [
        'missing variables',
        { userId: ALICE, type: 'email', template: 'order-shipped', variables: { number: 'WB-1' } },
        400,
        'NOTIFICATION.INVALID_VARIABLES',
      ],
      [
        'unknown variables',
        { userId: ALICE, type: 'email', template: 'welcome', variables: { number: 'WB-1' } },
        400,
        'NOTIFICATION.INVALID_VARIABLES',
      ],
      ['a template beside a text', { ...text, template: 'welcome' }, 400, 'REQUEST.INVALID'],
      ['neither template nor text', { userId: ALICE, type: 'email' }, 400, 'REQUEST.INVALID'],
      ['a subject of two lines', { ...text, subject: 'Hi\r\nBcc: x@y.z' }, 400, 'REQUEST.INVALID'],
      ['a NUL byte', { ...text, body: 'a\u0000b' }, 400, 'REQUEST.INVALID'],
      ['an unknown field', { ...text, status: 'sent' }, 400, 'REQUEST.INVALID'],
    ])('refuses %s', async (_what, body, status, code) => {
      expect(await send(body)).toMatchObject({ status, body: { code } });
    });
  });

  describe('reading', () => {
    it('pages, newest first, and each once', async () => {
      const orderId = newId();
      for (const change of ['confirmed', 'shipped', 'delivered'] as const)
        await deliver(anOrderEvent(change, ALICE, { orderId }));
      const seen: NotificationDto[] = [];
      let cursor = '';
      do {
        const { body } = await waybill.api.get<Listed>(`/notifications?orderId=${orderId}&limit=4${cursor}`, {
          token: alice,
        });
        seen.push(...body.data);
        cursor = body.nextCursor === null ? '' : `&cursor=${body.nextCursor}`;
      } while (cursor !== '');
      expect(seen).toHaveLength(6);
      expect(new Set(seen.map(({ id }) => id)).size).toBe(6);
      expect(seen.map(({ id }) => id)).toEqual(
        seen
          .map(({ id }) => id)
          .sort()
          .reverse(),
      );
      expect(seen[0]?.template).toBe('order-delivered');
    });

    it('shows people their own alone, also when they ask for others', async () => {
      const event = anOrderEvent('confirmed', ALICE);
      await deliver(event);
      const [row] = await ofOrder(event);
      expect(await list(`orderId=${event.payload.orderId}`, alice)).toHaveLength(2);
      expect(await list(`orderId=${event.payload.orderId}`, bob)).toEqual([]);
      expect(await list(`userId=${ALICE}`, bob)).toEqual([]);
      const stranger = await waybill.api.get(`/notifications/${row?.id}`, { token: bob });
      expect(stranger).toMatchObject({ status: 404, body: { code: 'NOTIFICATION.NOT_FOUND' } });
    });

    it('filters by type and status', async () => {
      expect((await list('type=websocket')).every(({ type }) => type === 'websocket')).toBe(true);
      const failed = await list('status=failed');
      expect(failed.length).toBeGreaterThan(0);
      expect(failed.every(({ status }) => status === 'failed')).toBe(true);
    });

    it.each([
      ['/notifications?status=queued', 400, 'REQUEST.INVALID'],
      ['/notifications?cursor=nonsense', 400, 'REQUEST.INVALID_CURSOR'],
      ['/notifications/nonsense', 400, 'REQUEST.INVALID'],
      ['/notifications/0199c0de-0000-7000-8000-0000000000ff', 404, 'NOTIFICATION.NOT_FOUND'],
    ])('answers %s with %d', async (path, status, code) => {
      expect(await waybill.api.get(path, { token: alice })).toMatchObject({ status, body: { code } });
    });
  });

  describe('access', () => {
    it('asks everybody for a token', async () => {
      const asked = await Promise.all([
        waybill.api.get('/notifications'),
        waybill.api.get('/notifications/preferences'),
        waybill.api.put('/notifications/preferences', {}),
        waybill.api.post('/notifications/send', {}),
      ]);
      expect(asked.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
    });

    it('lets staff alone send', async () => {
      const body = { userId: ALICE, type: 'email', template: 'welcome' };
      expect((await waybill.api.post('/notifications/send', body, { token: alice })).status).toBe(403);
      const admin = await waybill.api.token('admin');
      expect((await waybill.api.post('/notifications/send', body, { token: admin })).status).toBe(201);
    });
  });

  describe('WS /ws', () => {
    it('brings an order to its owner and to staff, and to nobody else', async () => {
      const [hers, his, theirs] = await Promise.all([listen(alice), listen(bob), listen(staff)]);
      const orderId = newId();
      for (const change of ['created', 'confirmed', 'processing'] as const) {
        await deliver(anOrderEvent(change, ALICE, { orderId }));
      }
      const names = ['orders.created', 'orders.confirmed', 'orders.processing'];
      await eventually(() => expect(theirs.of(orderId)).toEqual(names));
      await eventually(() =>
        expect(hers.of(orderId)).toEqual(expect.arrayContaining([...names, 'notifications.sent'])),
      );
      expect(his.types).toEqual(['ready']);
      expect(hers.heard.find(({ type }) => type === 'orders.confirmed')?.data).toMatchObject({
        userId: ALICE,
        version: 2,
      });
    });

    it('brings stock to staff alone', async () => {
      const [hers, theirs] = await Promise.all([listen(alice), listen(staff)]);
      await deliver(anEnvelope('inventory.low-stock', { sku: 'MUG-001', available: 2, threshold: 10 }));
      await eventually(() => expect(theirs.types).toContain('inventory.low-stock'));
      await deliver(anOrderEvent('created', ALICE));
      await eventually(() => expect(hers.types).toContain('orders.created'));
      expect(hers.types).not.toContain('inventory.low-stock');
    });

    it('pushes an event once, however often it arrives', async () => {
      const theirs = await listen(staff);
      const event = anOrderEvent('created', ALICE);
      for (let i = 0; i < 3; i++) await deliver(event);
      const last = anOrderEvent('created', ALICE);
      await deliver(last);
      await eventually(() => expect(theirs.of(last.payload.orderId)).toHaveLength(1));
      expect(theirs.of(event.payload.orderId)).toEqual(['orders.created']);
    });

    it('takes the token in the first message', async () => {
      const client = new LiveClient(waybill.url);
      clients.push(client);
      await client.say({ type: 'auth', token: alice });
      await eventually(() => expect(client.types).toEqual(['ready']));
    });

    it.each([
      ['nonsense', 'nonsense'],
      ['alg: none', `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.e30.`],
    ])('refuses %s for a token', async (_what, token) => {
      const client = new LiveClient(waybill.url);
      await client.say({ type: 'auth', token });
      expect(await client.closed).toBe(4401);
      expect(client.heard).toEqual([expect.objectContaining({ type: 'error', code: 'AUTH.TOKEN_INVALID' })]);
    });

    it('ends with the session', async () => {
      const { body } = await waybill.api.post<{ accessToken: string; refreshToken: string }>('/users/login', {
        email: 'bob@waybill.test',
        password: 'waybill-demo',
      });
      const client = await listen(body.accessToken);
      await waybill.api.post(
        '/users/logout',
        { refreshToken: body.refreshToken },
        { token: body.accessToken },
      );
      expect(await client.closed).toBe(4401);
      expect(client.heard.at(-1)?.code).toBe('AUTH.SESSION_REVOKED');
    });

    it('answers a plain request with a problem, not with a hang', async () => {
      const answer = await fetch(`${waybill.url}/ws`);
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({ code: 'REQUEST.NOT_FOUND' });
    });
  });
});
