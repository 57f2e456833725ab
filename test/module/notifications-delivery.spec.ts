import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newId } from '../../src/common/ids.js';
import { ModuleTransport } from '../../src/common/messaging/module-transport.js';
import type { NotificationDto } from '../../src/modules/notifications/notifications.schemas.js';
import { anOrderEvent } from '../builders/order-event.js';
import { eventually, startWaybill, type WaybillInside } from '../harness.js';
import { MailSink } from '../mail-sink.js';

const ALICE = '0199c0de-0000-7000-8000-000000000001';
const BOB = '0199c0de-0000-7000-8000-000000000002';

describe('notifications with a mail server and an SMS webhook', () => {
  const sink = new MailSink();
  const texts: unknown[] = [];
  let webhook: Server;
  let waybill: WaybillInside;
  let staff: string;

  const deliver = (event: ReturnType<typeof anOrderEvent>) =>
    waybill.app.get(ModuleTransport).deliverOrPark('notifications', event);
  const outcomes = async (orderId: string, type: string) => {
    const path = `/notifications?orderId=${orderId}&type=${type}`;
    const { body } = await waybill.api.get<{ data: NotificationDto[] }>(path, { token: staff });
    return body.data.map(({ status }) => status);
  };
  const sends = async (body: unknown) =>
    (await waybill.api.post<NotificationDto>('/notifications/send', body, { token: staff })).body.status;
  const eventsOf = (orderId: string) =>
    waybill.sql<{ name: string; type: string; reason: string | null }>(
      `SELECT name, payload->>'type' AS type, payload->>'reason' AS reason FROM notifications.outbox
       WHERE payload->>'orderId' = $1`,
      [orderId],
    );

  beforeAll(async () => {
    await sink.start();
    webhook = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
      request.on('end', () => {
        texts.push(JSON.parse(text));
        response.writeHead(202).end();
      });
    });
    await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve));
    waybill = await startWaybill({
      SMTP_URL: `smtp://127.0.0.1:${sink.port}`,
      SMS_URL: `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/`,
    });
    staff = await waybill.api.token('staff');
  });

  beforeEach(() => {
    sink.mails.length = 0;
  });

  afterAll(async () => {
    await waybill?.stop();
    await sink.stop();
    webhook.closeAllConnections();
    webhook.close();
  });

  it('sends one mail of an order, however often the event arrives', async () => {
    const event = anOrderEvent('confirmed', ALICE);
    await Promise.all([deliver(event), deliver(event), deliver(event)]);
    const { orderId } = event.payload;
    await eventually(async () => expect(await outcomes(orderId, 'email')).toEqual(['sent']));
    expect(sink.mails).toHaveLength(1);
    const [row] = await waybill.sql<{ id: string }>(
      "SELECT id FROM notifications.notifications WHERE order_id = $1 AND type = 'email'",
      [orderId],
    );
    expect(sink.mails[0]).toMatchObject({ to: 'alice@waybill.test' });
    expect(sink.mails[0]?.source).toContain(`Message-ID: <${row?.id}@waybill>`);
    expect(await eventsOf(orderId)).toEqual([{ name: 'notifications.sent', type: 'email', reason: null }]);
  });

  it('shows nothing while the server is away, and sends once it is back', async () => {
    await sink.stop();
    const events = Array.from({ length: 25 }, () => anOrderEvent('shipped', ALICE));
    await Promise.all(events.map(deliver));
    await eventually(async () => {
      const [row] = await waybill.sql<{ waiting: string }>(
        "SELECT count(*) AS waiting FROM notifications.notifications WHERE status = 'queued' AND reason LIKE '%ECONNREFUSED%'",
      );
      expect(Number(row?.waiting)).toBeGreaterThan(0);
    });
    expect(await outcomes(events[0]?.payload.orderId ?? '', 'email')).toEqual([]);
    await sink.start();
    await eventually(() => expect(sink.mails).toHaveLength(25), 20_000);
    await eventually(async () => {
      for (const event of events) expect(await outcomes(event.payload.orderId, 'email')).toEqual(['sent']);
    });
    expect(new Set(sink.mails.map(({ source }) => /Message-ID: (.*)/.exec(source)?.[1])).size).toBe(25);
  });

  it('tries again when the server puts it off', async () => {
    sink.refusals.push(451);
    const event = anOrderEvent('delivered', ALICE);
    await deliver(event);
    await eventually(() => expect(sink.mails).toHaveLength(1));
    await eventually(async () => expect(await outcomes(event.payload.orderId, 'email')).toEqual(['sent']));
  });

  it('fails for good what the server refuses, with an event and without the address', async () => {
    sink.refusals.push(550);
    const event = anOrderEvent('confirmed', BOB);
    const { orderId } = event.payload;
    await deliver(event);
    await eventually(async () => expect(await outcomes(orderId, 'email')).toEqual(['failed']));
    expect(await eventsOf(orderId)).toEqual([
      { name: 'notifications.failed', type: 'email', reason: 'the mail server refused it (550)' },
    ]);
  });

  it('fails what was put off too often', async () => {
    await sink.stop();
    const event = anOrderEvent('delivered', BOB);
    await deliver(event);
    const { orderId } = event.payload;
    await eventually(async () => {
      const rows = await waybill.sql(
        `UPDATE notifications.notifications SET attempts = 11, due_at = now()
         WHERE order_id = $1 AND status = 'queued' AND reason IS NOT NULL RETURNING id`,
        [orderId],
      );
      expect(rows).toHaveLength(1);
    });
    sink.refusals.push(451);
    await sink.start();
    await eventually(async () => expect(await outcomes(orderId, 'email')).toEqual(['failed']), 15_000);
  });

  it('answers what became of a mail sent by hand', async () => {
    const mail = { userId: ALICE, type: 'email', subject: 'Your parcel', body: 'It is with your neighbour.' };
    expect(await sends(mail)).toBe('sent');
    sink.refusals.push(451);
    expect(await sends(mail)).toBe('failed');
    expect(sink.mails).toHaveLength(1);
  });

  it('takes over mails that a process left behind', async () => {
    const id = newId();
    await waybill.sql(
      `INSERT INTO notifications.notifications (id, user_id, occasion, template, type, subject, body, status, attempts, due_at)
       VALUES ($1, $2, $1, 'welcome', 'email', 'Welcome', 'Hello', 'queued', 1, now() - interval '1 second')`,
      [id, BOB],
    );
    await eventually(() => expect(sink.mails.map(({ to }) => to)).toEqual(['bob@waybill.test']));
  });

  it('texts who asked for it, at the number that they gave', async () => {
    const token = await waybill.api.token('bob');
    const preferences = { phone: '+4915112345678', kinds: { 'order-shipped': ['sms'] } };
    await waybill.api.put('/notifications/preferences', preferences, { token });
    const event = anOrderEvent('shipped', BOB);
    await deliver(event);
    await eventually(async () => expect(await outcomes(event.payload.orderId, 'sms')).toEqual(['sent']));
    expect(texts).toEqual([
      expect.objectContaining({ to: '+4915112345678', text: 'Your order WB-2026-000123 is on its way.' }),
    ]);
    expect(sink.mails).toEqual([]);
  });
});
