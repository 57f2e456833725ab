import { newId } from '../../src/common/ids.js';
import type { EventEnvelope } from '../../src/common/messaging/contract.js';
import type { DeadLetter } from '../../src/common/messaging/operations/dead-letters.js';
import type { LoggedEvent, WholeEvent } from '../../src/common/messaging/operations/event-log.js';
import { currentWork } from '../../src/common/telemetry/work-context.js';
import { aUser, type TestUser } from '../builders/a-user.js';
import { anOrderEvent } from '../builders/order-event.js';
import { eventually, startWaybill, type WaybillInside } from '../harness.js';
import { rabbitForTest, type TestBroker } from '../services.js';

interface Listed {
  data: LoggedEvent[];
  nextCursor: string | null;
}
interface DeadListed {
  data: DeadLetter[];
  total: number;
}

const MINUTE = 60_000;
const at = (ms: number) => new Date(ms).toISOString();

describe.each([
  { where: 'within one process', broker: () => Promise.resolve(null) },
  { where: 'over RabbitMQ', broker: rabbitForTest },
])('the events of a module, $where', ({ broker }) => {
  let rabbit: TestBroker | null = null;
  let waybill: WaybillInside;
  let admin: string;
  let user: TestUser;

  beforeAll(async () => {
    rabbit = await broker();
    const env: Record<string, string> = rabbit === null ? {} : { RABBITMQ_URL: rabbit.url };
    waybill = await startWaybill({ ...env, EVENT_ATTEMPTS: '2', LOG_LEVEL: 'fatal' });
    admin = await waybill.api.token('admin');
    user = await aUser(waybill.api);
    await waybill.sql(`CREATE TABLE public.broken (order_id uuid);
      GRANT SELECT ON public.broken TO PUBLIC;
      CREATE FUNCTION public.break() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF EXISTS (SELECT FROM public.broken b WHERE b.order_id = NEW.order_id) THEN RAISE 'no ink'; END IF;
        RETURN NEW; END $$;
      CREATE TRIGGER break BEFORE INSERT ON notifications.notifications
        FOR EACH ROW EXECUTE FUNCTION public.break()`);
  });
  afterAll(async () => {
    await waybill?.stop();
    await rabbit?.release();
  });

  const get = async <T>(path: string) => (await waybill.api.get<T>(path, { token: admin })).body;
  const post = <T>(path: string, body: unknown) =>
    waybill.api.post<T & { code: string; detail: string }>(path, body, { token: admin });
  const log = (query: string) => get<Listed>(`/events/orders?${query}`);
  const deadLetters = () => get<DeadListed>('/events/notifications/dead-letters');
  const retry = async (ids?: string[]) =>
    (await post('/events/notifications/dead-letters/retry', ids ? { ids } : {})).body;
  const replay = async (body: object) => (await post('/events/orders/replay', body)).body;
  const shipped = () => anOrderEvent('shipped', user.id);

  /** Writes an event into the outbox of orders, as orders would; its key is its order. */
  const tell = (event: EventEnvelope, key: string) =>
    waybill.sql(
      `INSERT INTO orders.outbox (id, name, version, key, occurred_at, correlation_id, payload)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [
        event.id,
        event.name,
        event.version,
        key,
        event.occurredAt,
        event.correlationId,
        JSON.stringify(event.payload),
      ],
    );
  const tellAll = async (events: EventEnvelope<{ orderId: string }>[]) => {
    for (const event of events) await tell(event, event.payload.orderId);
  };
  const states = async (ids: string[]) => {
    const rows = await waybill.sql<{ event_id: string; state: string }>(
      'SELECT event_id, state FROM notifications.inbox WHERE event_id = ANY($1)',
      [ids],
    );
    return ids.map((id) => rows.find((row) => row.event_id === id)?.state ?? 'none');
  };
  const applied = (events: EventEnvelope[]) =>
    eventually(async () => {
      const ids = events.map(({ id }) => id);
      expect(await states(ids)).toEqual(ids.map(() => 'done'));
    }, 20_000);
  const notices = async (events: EventEnvelope<{ orderId: string }>[]) => {
    const [row] = await waybill.sql<{ count: string }>(
      'SELECT count(*) FROM notifications.notifications WHERE order_id = ANY($1)',
      [events.map(({ payload }) => payload.orderId)],
    );
    return Number(row?.count);
  };
  /** The consumer forgets that it ever heard of them. */
  const forget = (events: EventEnvelope<{ orderId: string }>[]) =>
    waybill.sql('DELETE FROM notifications.inbox WHERE event_id = ANY($1)', [events.map(({ id }) => id)]);
  const undo = (events: EventEnvelope<{ orderId: string }>[]) =>
    waybill.sql('DELETE FROM notifications.notifications WHERE order_id = ANY($1)', [
      events.map(({ payload }) => payload.orderId),
    ]);

  describe('as a log', () => {
    const start = Date.parse('2026-01-01T00:00:00Z');
    const events: EventEnvelope<{ orderId: string }>[] = [];

    beforeAll(async () => {
      for (let i = 0; i < 5; i++) events.push({ ...shipped(), occurredAt: at(start + i * MINUTE) });
      await tellAll(events);
      await applied(events);
    });

    it('shows the newest first, page by page, without what is in them', async () => {
      const all = await log('limit=100');
      expect(all.data.map(({ id }) => id).slice(0, 5)).toEqual(events.map(({ id }) => id).toReversed());
      expect(all.data[0]).toEqual({
        id: events[4]?.id,
        name: 'orders.shipped',
        version: 1,
        key: events[4]?.payload.orderId,
        occurredAt: at(start + 4 * MINUTE),
        correlationId: events[4]?.correlationId,
        traceId: null,
        publishedAt: expect.any(String),
        attempts: 1,
      });
      const first = await log('limit=2');
      const second = await log(`limit=2&cursor=${first.nextCursor}`);
      expect([...first.data, ...second.data]).toEqual(all.data.slice(0, 4));
    });

    it('is searched by name, key, time and state', async () => {
      const names = async (query: string) => (await log(query)).data.map(({ id }) => id);
      const own = events.map(({ id }) => id).toReversed();
      expect(await names('name=orders.shipped')).toEqual(own);
      expect(await names('name=orders.failed')).toEqual([]);
      expect(await names(`key=${events[2]?.payload.orderId}`)).toEqual([events[2]?.id]);
      expect(await names(`from=${at(start + MINUTE)}&to=${at(start + 3 * MINUTE)}`)).toEqual(own.slice(2, 4));
      expect(await names('name=orders.shipped&state=published')).toEqual(own);
      expect(await names('name=orders.shipped&state=pending')).toEqual([]);
    });

    it('shows what waits to be handed on as pending', async () => {
      const leased = shipped();
      await waybill.sql(
        `INSERT INTO orders.outbox (id, name, version, key, occurred_at, correlation_id, payload, lease_until)
         VALUES ($1, $2, 1, $3, now(), 'c', $4, 'infinity')`,
        [leased.id, leased.name, leased.payload.orderId, JSON.stringify(leased.payload)],
      );
      expect((await log('state=pending')).data).toMatchObject([{ id: leased.id, publishedAt: null }]);
      const ids = [leased.id];
      expect(await replay({ consumer: 'notifications', ids })).toEqual({ events: 0, nextCursor: null });
      await waybill.sql('DELETE FROM orders.outbox WHERE id = $1', ids);
    });

    it('shows one event as it was told', async () => {
      const [event] = events;
      expect(await get<WholeEvent>(`/events/orders/${event?.id}`)).toEqual({
        envelope: event,
        key: event?.payload.orderId,
        publishedAt: expect.any(String),
        attempts: 1,
      });
    });

    it('does not know the events of another module, nor a module that is none', async () => {
      const elsewhere = await post<object>('/events/nowhere/replay', { consumer: 'orders', key: 'x' });
      expect([elsewhere.status, elsewhere.body.code]).toEqual([404, 'EVENT.MODULE_NOT_HOSTED']);
      expect(elsewhere.body.detail).toContain('orders, payments');
      const unknown = await get<{ code: string }>(`/events/users/${events[0]?.id}`);
      expect(unknown.code).toBe('EVENT.NOT_FOUND');
    });
  });

  describe('replayed', () => {
    it('are applied again where they were forgotten, and only there', async () => {
      const known = [shipped(), shipped()];
      const forgotten = [shipped(), shipped()];
      const events = [...known, ...forgotten];
      await tellAll(events);
      await applied(events);
      expect([await notices(known), await notices(forgotten)]).toEqual([4, 4]);
      await undo(events);
      await forget(forgotten);

      const ids = events.map(({ id }) => id);
      expect(await replay({ consumer: 'notifications', ids })).toEqual({ events: 4, nextCursor: null });
      await applied(events);
      expect([await notices(known), await notices(forgotten)]).toEqual([0, 4]);
    });

    it('may be a range of the log, in steps of any size', async () => {
      const start = Date.parse('2026-02-01T00:00:00Z');
      const events = Array.from({ length: 5 }, (_, i) => ({
        ...shipped(),
        occurredAt: at(start + i * MINUTE),
      }));
      await tellAll(events);
      await applied(events);
      await forget(events);
      const range = { consumer: 'notifications', from: at(start + MINUTE), to: at(start + 4 * MINUTE) };
      const first = await replay({ ...range, limit: 2 });
      expect(first).toEqual({ events: 2, nextCursor: expect.any(String) });
      const inRange = events.slice(1, 4);
      await applied(inRange.slice(0, 2));
      expect(await states(events.map(({ id }) => id))).toEqual(['none', 'done', 'done', 'none', 'none']);
      const { nextCursor: cursor } = first as unknown as { nextCursor: string };
      expect(await replay({ ...range, limit: 2, cursor })).toEqual({ events: 1, nextCursor: null });
      await applied(inRange);
      expect(await states(events.map(({ id }) => id))).toEqual(['none', 'done', 'done', 'done', 'none']);
    });

    it('may be those of one key or name', async () => {
      const event = shipped();
      await tellAll([event]);
      await applied([event]);
      await forget([event]);
      expect(await replay({ consumer: 'inventory', key: event.payload.orderId })).toMatchObject({
        events: 0,
      });
      const name = 'orders.shipped';
      const key = event.payload.orderId;
      expect(await replay({ consumer: 'notifications', name, key })).toEqual({ events: 1, nextCursor: null });
      await applied([event]);
    });

    it.each([
      [{ consumer: 'payments', name: 'orders.shipped' }, '422 EVENT.NOT_CONSUMED', 'These do: notifications'],
      [{ consumer: 'users', from: at(0) }, '422 EVENT.NOT_CONSUMED', 'inventory, payments, notifications'],
      [{ consumer: 'nobody', from: at(0) }, '422 EVENT.NOT_CONSUMED', 'nobody does not take in'],
      [{ consumer: 'notifications' }, '400 REQUEST.INVALID', 'from, to, name, key or ids'],
      [{ consumer: 'notifications', ids: [] }, '400 REQUEST.INVALID', 'ids'],
      [{ consumer: 'notifications', form: at(0) }, '400 REQUEST.INVALID', 'form'],
      [{ from: at(0) }, '400 REQUEST.INVALID', 'consumer'],
      [{ consumer: 'notifications', from: at(0), limit: 10_001 }, '400 REQUEST.INVALID', 'limit'],
      [{ consumer: 'notifications', from: at(0), cursor: 'AAAA' }, '400 REQUEST.INVALID_CURSOR', 'cursor'],
    ])('%j are refused', async (body, refusal, detail) => {
      const answer = await post('/events/orders/replay', body);
      expect(`${answer.status} ${answer.body.code}`).toBe(refusal);
      expect(answer.body.detail).toContain(detail);
    });
  });

  describe('that a module cannot take in', () => {
    const breakFor = (event: EventEnvelope<{ orderId: string }>) =>
      waybill.sql('INSERT INTO public.broken VALUES ($1)', [event.payload.orderId]);
    const mend = () => waybill.sql('DELETE FROM public.broken');
    const dead = async (...events: EventEnvelope[]) =>
      eventually(async () => {
        const { data, total } = await deadLetters();
        expect(data.map(({ eventId }) => eventId).sort()).toEqual(events.map(({ id }) => id).sort());
        expect(total).toBe(events.length);
        return data;
      }, 30_000);

    it('are listed with the reason while others flow, and taken in when the handler is mended', async () => {
      const poison = shipped();
      const behind = shipped();
      await breakFor(poison);
      await tellAll([poison, behind]);
      await applied([behind]);
      const [letter] = await dead(poison);
      expect(letter).toEqual({
        eventId: poison.id,
        name: 'orders.shipped',
        reason: expect.stringContaining('no ink'),
        attempts: 2,
        diedAt: expect.stringMatching(/^20.*Z$/),
        keptIn: rabbit === null ? 'inbox' : 'queue',
      });
      await mend();
      expect(await retry()).toEqual({ retried: 1, left: 0 });
      await applied([poison]);
      expect(await notices([poison])).toBe(2);
      expect(await deadLetters()).toEqual({ data: [], total: 0 });
    });

    it('are retried by name, and die again when nothing was mended, after as many attempts', async () => {
      const events = [shipped(), shipped()] as const;
      for (const event of events) await breakFor(event);
      await tellAll([...events]);
      await dead(...events);
      expect(await retry([newId()])).toEqual({ retried: 0, left: 2 });
      expect(await retry([events[0].id])).toEqual({ retried: 1, left: 1 });
      await dead(events[1]);
      const again = await dead(...events);
      expect(again.map(({ attempts }) => attempts)).toEqual([2, 2]);
      await mend();
      await retry(events.map(({ id }) => id));
      await applied([...events]);
    });

    it('are retried in the name of whoever asks', async () => {
      const lines: unknown[][] = [];
      const note = (...line: unknown[]) => void lines.push([...line, currentWork().module]);
      waybill.app.useLogger({ log: note, warn: () => undefined, error: () => undefined });
      await retry();
      await replay({ consumer: 'notifications', key: 'no such key' });
      const { id } = await get<{ id: string }>('/users/me');
      const told = lines.filter(([fields]) => (fields as { user_id?: string }).user_id === id);
      const said = told.map((line) => `${String(line.at(-1))}: ${String(line[1])}`);
      expect(said).toContain('notifications: Brought 0 dead letters back to notifications; 0 are left');
      expect(said).toContain('orders: Replayed 0 events of orders to notifications');
    });
  });

  it('are listed for staff, and otherwise nobody’s business but an administrator’s', async () => {
    const { data } = await log('limit=1');
    const statusFor = async (who: 'staff' | 'alice', path: string) =>
      (await waybill.api.get(path, { token: await waybill.api.token(who) })).status;
    for (const [path, ofStaff] of [
      ['/events/orders', 200],
      [`/events/orders/${data[0]?.id}`, 403],
      ['/events/orders/dead-letters', 403],
    ] as const)
      expect([path, await statusFor('staff', path), await statusFor('alice', path)]).toEqual([
        path,
        ofStaff,
        403,
      ]);
  });
});

describe('an event whose payload its contract does not have', () => {
  let waybill: WaybillInside;

  beforeAll(async () => {
    waybill = await startWaybill({ LOG_LEVEL: 'fatal' });
  });
  afterAll(() => waybill?.stop());

  it('is dead after its last attempt, and applied when its payload is mended and it is retried', async () => {
    const token = await waybill.api.token('admin');
    const user = await aUser(waybill.api);
    const { id, payload } = anOrderEvent('shipped', user.id);
    await waybill.sql(
      `INSERT INTO orders.outbox (id, name, version, key, occurred_at, correlation_id, payload)
       VALUES ($1, 'orders.shipped', 1, 'k', now(), 'c', '{"orderId": 5}')`,
      [id],
    );
    const letters = () => waybill.api.get<DeadListed>('/events/notifications/dead-letters', { token });
    await eventually(async () => {
      await waybill.sql(
        "UPDATE notifications.inbox SET attempts = 9, due_at = now() WHERE event_id = $1 AND state = 'waiting'",
        [id],
      );
      const { body } = await letters();
      expect(body.data).toMatchObject([
        { eventId: id, attempts: 10, reason: expect.stringContaining('ZodError') },
      ]);
    });
    await waybill.sql(
      "UPDATE notifications.inbox SET envelope = jsonb_set(envelope, '{payload}', $2) WHERE event_id = $1",
      [id, JSON.stringify(payload)],
    );
    const { body } = await waybill.api.post('/events/notifications/dead-letters/retry', {}, { token });
    expect(body).toEqual({ retried: 1, left: 0 });
    await eventually(async () => {
      const rows = await waybill.sql('SELECT type FROM notifications.notifications WHERE order_id = $1', [
        payload.orderId,
      ]);
      expect(rows).toHaveLength(2);
    });
    expect((await letters()).body).toEqual({ data: [], total: 0 });
  });
});
