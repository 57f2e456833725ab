import { newId } from '../../src/common/ids.js';
import { InventoryApi } from '../../src/modules/inventory/inventory.contract.js';
import type { MovementDto, ReservationDto, StockDto } from '../../src/modules/inventory/inventory.dto.js';
import { eventually, startWaybill, type WaybillInside } from '../harness.js';

interface Listed<T> {
  data: T[];
  nextCursor: string | null;
}

interface Problem {
  code: string;
  detail: string;
}

describe('inventory by hand', () => {
  let waybill: WaybillInside;
  let staff: string;
  let admin: string;
  let alice: string;

  const adjust = (body: object, key: string = newId(), token = staff) =>
    waybill.api.post<StockDto & Problem>(
      '/inventory/adjust',
      { warehouse: 'main', reason: 'counted', ...body },
      { token, key },
    );
  const reserve = (body: object, key: string = newId(), token = staff) =>
    waybill.api.post<ReservationDto & Problem>(
      '/inventory/reserve',
      { orderId: newId(), reason: 'by phone', ...body },
      { token, key },
    );
  const release = (body: object, key: string = newId()) =>
    waybill.api.post<ReservationDto & Problem>(
      '/inventory/release',
      { reason: 'called off', ...body },
      { token: staff, key },
    );
  const get = <T>(path: string, token = staff) =>
    waybill.api.get<T & Problem>(`/inventory${path}`, { token });
  const stock = async (sku: string) => (await get<StockDto>(`/${sku}`)).body;
  const movements = async (sku: string) =>
    (await get<Listed<MovementDto>>(`/${sku}/movements?limit=100`)).body.data;
  const kinds = async (sku: string) => (await movements(sku)).map(({ kind }) => kind);

  beforeAll(async () => {
    waybill = await startWaybill();
    [staff, admin, alice] = await Promise.all([
      waybill.api.token('staff'),
      waybill.api.token('admin'),
      waybill.api.token('alice'),
    ]);
  });

  afterAll(() => waybill?.stop());

  describe('looking at stock', () => {
    it('lists every item with its warehouses, page by page, for staff', async () => {
      const skus: string[] = [];
      let path = '?limit=10';
      for (;;) {
        const { body } = await get<Listed<StockDto>>(path);
        for (const item of body.data) {
          expect(item.warehouses.map(({ warehouse }) => warehouse)).toEqual(['east', 'main']);
          expect(item.available).toBe(item.onHand - item.reserved);
        }
        skus.push(...body.data.map(({ sku }) => sku));
        if (body.nextCursor === null) break;
        path = `?limit=10&cursor=${body.nextCursor}`;
      }
      expect(skus).toHaveLength(24);
      expect(skus).toEqual([...new Set(skus)].sort());
    });

    it('filters by a part of the SKU, by warehouse and by low stock', async () => {
      await adjust({ sku: 'FILTER-1', warehouse: 'west', delta: 50 });
      const skus = async (query: string) =>
        (await get<Listed<StockDto>>(`?${query}`)).body.data.map(({ sku }) => sku);
      expect(await skus('q=ter-sold')).toEqual(['POSTER-SOLD']);
      expect(await skus('q=%25')).toEqual([]);
      expect(await skus('warehouse=west')).toEqual(['FILTER-1']);
      expect(await skus('lowStock=true&q=CAP')).toEqual(['CAP-002']);
      expect(await skus('lowStock=false&q=CAP')).toEqual(['CAP-001']);
    });

    it('shows staff the warehouses of an item, and others how many there are', async () => {
      expect(await stock('MUG-001')).toEqual({
        sku: 'MUG-001',
        onHand: 500,
        reserved: 0,
        available: 500,
        lowStockThreshold: 25,
        warehouses: [
          { warehouse: 'east', onHand: 200, reserved: 0, available: 200 },
          { warehouse: 'main', onHand: 300, reserved: 0, available: 300 },
        ],
      });
      const availability = { sku: 'MUG-001', available: 500 };
      expect((await get('/MUG-001', alice)).body).toEqual(availability);
      expect((await waybill.api.get('/inventory/MUG-001')).body).toEqual(availability);
      expect((await waybill.api.get('/inventory/POSTER-SOLD')).body).toEqual({
        sku: 'POSTER-SOLD',
        available: 0,
      });
    });

    it('answers 404 for a SKU without stock, here and for its movements', async () => {
      for (const path of ['/NOBODY', '/NOBODY/movements']) {
        const { status, body } = await get(path);
        expect([status, body.code]).toEqual([404, 'INVENTORY.UNKNOWN_SKU']);
      }
    });

    it('names what is low', async () => {
      const { body } = await get<Listed<StockDto>>('/alerts');
      expect(body.data.map(({ sku, available }) => [sku, available])).toEqual([
        ['CAP-002', 7],
        ['POSTER-SOLD', 0],
      ]);
    });

    it('tells movements with reason, actor and order, the newest first, page by page', async () => {
      for (let delta = 1; delta <= 5; delta++)
        await adjust({ sku: 'PAGED', delta, reason: `delivery ${delta}` });
      const first = (await get<Listed<MovementDto>>('/PAGED/movements?limit=3')).body;
      expect(first.data.map(({ onHandDelta }) => onHandDelta)).toEqual([5, 4, 3]);
      const second = (await get<Listed<MovementDto>>(`/PAGED/movements?limit=3&cursor=${first.nextCursor}`))
        .body;
      expect(second.data.map(({ reason }) => reason)).toEqual(['delivery 2', 'delivery 1']);
      expect(second.nextCursor).toBeNull();
      expect(first.data[0]).toEqual({
        id: expect.any(String),
        sku: 'PAGED',
        traceId: expect.stringMatching(/^[\da-f]{32}$/),
        warehouse: 'main',
        kind: 'received',
        onHandDelta: 5,
        reservedDelta: 0,
        reason: 'delivery 5',
        actor: expect.stringMatching(/^[0-9a-f-]{36}$/),
        orderId: null,
        at: expect.any(String),
      });
    });

    it.each(['', '/alerts', '/movements', '/MUG-001/movements'])(
      'keeps /inventory%s to staff',
      async (path) => {
        expect((await get(path, alice)).status).toBe(403);
        expect((await waybill.api.get(`/inventory${path}`)).status).toBe(401);
        expect((await get(path, admin)).status).toBe(200);
      },
    );
  });

  describe('adjusting', () => {
    it('makes new stock known and takes from it again', async () => {
      const added = await adjust({ sku: 'ADJ-1', delta: 20 });
      expect(added.status).toBe(200);
      expect(added.body).toMatchObject({ sku: 'ADJ-1', onHand: 20, available: 20, lowStockThreshold: 10 });
      await adjust({ sku: 'ADJ-1', warehouse: 'east', delta: 5 });
      const { body } = await adjust({ sku: 'ADJ-1', delta: -8, reason: 'damaged' });
      expect(body).toMatchObject({
        onHand: 17,
        warehouses: [
          { warehouse: 'east', onHand: 5 },
          { warehouse: 'main', onHand: 12 },
        ],
      });
      expect(await kinds('ADJ-1')).toEqual(['adjusted', 'received', 'received']);
    });

    it('leaves nothing behind when there is nothing to take from', async () => {
      const { status, body } = await adjust({ sku: 'ADJ-2', delta: -1 });
      expect([status, body.code]).toEqual([409, 'INVENTORY.BELOW_RESERVED']);
      expect((await get('/ADJ-2')).status).toBe(404);
    });

    it('does not take what is reserved', async () => {
      await adjust({ sku: 'ADJ-3', delta: 10 });
      await reserve({ items: [{ sku: 'ADJ-3', quantity: 7 }] });
      const { status, body } = await adjust({ sku: 'ADJ-3', delta: -4 });
      expect([status, body.code]).toEqual([409, 'INVENTORY.BELOW_RESERVED']);
      expect(body.detail).toBe('ADJ-3 in main: 10 on hand, 7 reserved; -4 would leave 6');
      expect(await stock('ADJ-3')).toMatchObject({ onHand: 10, reserved: 7, available: 3 });
    });

    it('knows a most that a warehouse may hold', async () => {
      await adjust({ sku: 'ADJ-4', delta: 1 });
      await waybill.sql("UPDATE inventory.stock SET on_hand = 999999999 WHERE sku = 'ADJ-4'");
      expect((await adjust({ sku: 'ADJ-4', delta: 1 })).status).toBe(200);
      const { status, body } = await adjust({ sku: 'ADJ-4', delta: 1 });
      expect([status, body.code]).toEqual([409, 'INVENTORY.ABOVE_LIMIT']);
      await waybill.sql("UPDATE inventory.stock SET on_hand = 2 WHERE sku = 'ADJ-4'");
    });

    it('loses no change when many come at once, in new and known warehouses', async () => {
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, i) => adjust({ sku: 'ADJ-5', warehouse: `w${i % 4}`, delta: 1 + i })),
      );
      expect(answers.every(({ status }) => status === 200)).toBe(true);
      expect(await stock('ADJ-5')).toMatchObject({ onHand: (40 * 41) / 2 });
    });

    it.each([
      ['no change', { delta: 0 }],
      ['a fraction', { delta: 0.5 }],
      ['more than anybody moves', { delta: 1_000_001 }],
      ['a number as text', { delta: '1' }],
      ['a warehouse with a strange name', { warehouse: '../main' }],
      ['no reason', { reason: '' }],
      ['an unknown field', { onHand: 5 }],
    ])('refuses %s', async (_, wrong) => {
      const { status, body } = await adjust({ sku: 'ADJ-6', delta: 1, ...wrong });
      expect([status, body.code]).toEqual([400, 'REQUEST.INVALID']);
    });
  });

  describe('reserving and releasing', () => {
    it('holds stock and gives it back, leaving its trace', async () => {
      await adjust({ sku: 'RES-1', delta: 30 });
      const orderId = newId();
      const held = await reserve({ orderId, items: [{ sku: 'RES-1', quantity: 3 }] });
      expect(held.status).toBe(201);
      expect(held.body).toEqual({
        orderId,
        status: 'held',
        expiresAt: expect.any(String),
        items: [{ sku: 'RES-1', warehouse: 'main', quantity: 3 }],
      });
      expect(await stock('RES-1')).toMatchObject({ onHand: 30, reserved: 3, available: 27 });
      const released = await release({ orderId });
      expect([released.status, released.body.status]).toEqual([200, 'released']);
      expect(await stock('RES-1')).toMatchObject({ onHand: 30, reserved: 0, available: 30 });
      expect((await reserve({ orderId: newId(), items: [{ sku: 'RES-1', quantity: 1 }] })).status).toBe(201);
      const { body } = await get<Listed<MovementDto>>(`/movements?orderId=${orderId}`);
      const [last, before, ...more] = body.data;
      expect(more).toEqual([]);
      expect(last).toMatchObject({ kind: 'released', reservedDelta: -3, orderId, reason: 'called off' });
      expect(before).toMatchObject({
        kind: 'reserved',
        reservedDelta: 3,
        orderId,
        reason: 'by phone',
        actor: last?.actor,
      });
    });

    it('says what is short, and lets the same order try again with another key', async () => {
      await adjust({ sku: 'RES-2', delta: 2 });
      const orderId = newId();
      const items = [{ sku: 'RES-2', quantity: 3 }];
      const refused = await reserve({ orderId, items });
      expect([refused.status, refused.body.code]).toEqual([409, 'INVENTORY.OUT_OF_STOCK']);
      expect(refused.body.detail).toBe('RES-2: 3 wanted, 2 available');
      await adjust({ sku: 'RES-2', delta: 1 });
      expect((await reserve({ orderId, items })).status).toBe(201);
    });

    it('answers again what an order has, but not for other items', async () => {
      await adjust({ sku: 'RES-3', delta: 20 });
      const orderId = newId();
      const first = await reserve({ orderId, items: [{ sku: 'RES-3', quantity: 3 }] });
      const again = await reserve({
        orderId: orderId.toUpperCase(),
        items: [
          { sku: 'RES-3', quantity: 1 },
          { sku: 'RES-3', quantity: 2 },
        ],
      });
      expect([again.status, again.body]).toEqual([201, first.body]);
      const other = await reserve({ orderId, items: [{ sku: 'RES-3', quantity: 4 }] });
      expect([other.status, other.body.code]).toEqual([409, 'INVENTORY.RESERVATION_DIFFERS']);
      expect(await stock('RES-3')).toMatchObject({ reserved: 3 });
    });

    it('answers all alike who reserve for the same order at once', async () => {
      await adjust({ sku: 'RES-4', delta: 50 });
      const orderId = newId();
      const answers = await Promise.all(
        Array.from({ length: 12 }, () => reserve({ orderId, items: [{ sku: 'RES-4', quantity: 2 }] })),
      );
      for (const { status, body } of answers) expect([status, body]).toEqual([201, answers[0]?.body]);
      expect(await stock('RES-4')).toMatchObject({ reserved: 2 });
    });

    it('shares the stock with the order workflow to the last piece', async () => {
      await adjust({ sku: 'RES-5', delta: 40 });
      await adjust({ sku: 'RES-5', warehouse: 'east', delta: 40 });
      const lines = [{ sku: 'RES-5', quantity: 1 }];
      const inventory: InventoryApi = waybill.app.get(InventoryApi);
      const outcomes = await Promise.all(
        Array.from({ length: 60 }, () => [
          reserve({ items: lines }).then(({ status }) => status),
          inventory.reserve({ orderId: newId(), lines }).then(
            () => 201,
            (error: unknown) => (error as { status: number }).status,
          ),
        ]).flat(),
      );
      expect(outcomes.filter((status) => status === 201)).toHaveLength(80);
      expect(outcomes.filter((status) => status === 409)).toHaveLength(40);
      expect(await stock('RES-5')).toMatchObject({ onHand: 80, reserved: 80, available: 0 });
    });

    it('is over once released, also when there was nothing to release', async () => {
      const orderId = newId();
      expect((await release({ orderId })).body).toEqual({
        orderId,
        status: 'released',
        expiresAt: null,
        items: [],
      });
      const { status, body } = await reserve({ orderId, items: [{ sku: 'MUG-001', quantity: 1 }] });
      expect([status, body.code]).toEqual([409, 'INVENTORY.RESERVATION_CLOSED']);
    });

    it.each([
      ['no items', { items: [] }],
      [
        'over a hundred items',
        { items: Array.from({ length: 101 }, () => ({ sku: 'MUG-001', quantity: 1 })) },
      ],
      ...[0, -1, 1.5, 2 ** 53, 10 ** 9].map((quantity): [string, object] => [
        `a quantity of ${quantity}`,
        { items: [{ sku: 'MUG-001', quantity }] },
      ]),
      ['an order id that is none', { orderId: 'x', items: [{ sku: 'MUG-001', quantity: 1 }] }],
      ['a line with more to it', { items: [{ sku: 'MUG-001', quantity: 1, warehouse: 'main' }] }],
    ])('refuses %s', async (_, wrong) => {
      const { status, body } = await reserve(wrong);
      expect([status, body.code]).toEqual([400, 'REQUEST.INVALID']);
    });
  });

  describe('under a key', () => {
    it.each(['reserve', 'release', 'adjust'])('asks for one to %s', async (operation) => {
      const bodies = {
        reserve: { orderId: newId(), items: [{ sku: 'MUG-001', quantity: 1 }], reason: 'r' },
        release: { orderId: newId(), reason: 'r' },
        adjust: { sku: 'MUG-001', warehouse: 'main', delta: 1, reason: 'r' },
      };
      const body = bodies[operation as keyof typeof bodies];
      const { status, body: problem } = await waybill.api.post<Problem>(`/inventory/${operation}`, body, {
        token: staff,
      });
      expect([status, problem.code]).toEqual([400, 'IDEMPOTENCY.KEY_REQUIRED']);
      expect(
        (await waybill.api.post(`/inventory/${operation}`, body, { token: alice, key: newId() })).status,
      ).toBe(403);
      expect((await waybill.api.post(`/inventory/${operation}`, body, { key: newId() })).status).toBe(401);
    });

    it('answers the first answer again, and changes the stock once', async () => {
      const key = newId();
      const first = await adjust({ sku: 'KEY-1', delta: 5 }, key);
      await adjust({ sku: 'KEY-1', delta: 5 });
      const again = await adjust({ sku: 'KEY-1', delta: 5 }, key);
      expect([again.status, again.body]).toEqual([200, first.body]);
      expect(await stock('KEY-1')).toMatchObject({ onHand: 10 });
    });

    it('answers a refusal again too, even when it could be had by now', async () => {
      const key = newId();
      const body = { orderId: newId(), items: [{ sku: 'KEY-2', quantity: 1 }] };
      const first = await reserve(body, key);
      await adjust({ sku: 'KEY-2', delta: 5 });
      const again = await reserve(body, key);
      expect([again.status, again.body.code, again.body.detail]).toEqual([
        409,
        'INVENTORY.OUT_OF_STOCK',
        first.body.detail,
      ]);
      expect(await stock('KEY-2')).toMatchObject({ reserved: 0 });
    });

    it('refuses another request under it, but lets another user and another operation have it', async () => {
      const key = newId();
      await adjust({ sku: 'KEY-3', delta: 5 }, key);
      const other = await adjust({ sku: 'KEY-3', delta: 6 }, key);
      expect([other.status, other.body.code]).toEqual([422, 'IDEMPOTENCY.KEY_REUSED']);
      expect((await adjust({ sku: 'KEY-3', delta: 6 }, key, admin)).status).toBe(200);
      expect((await reserve({ items: [{ sku: 'KEY-3', quantity: 1 }] }, key)).status).toBe(201);
      expect(await stock('KEY-3')).toMatchObject({ onHand: 11, reserved: 1 });
    });

    it('takes effect once when it is sent fifty times at once', async () => {
      const key = newId();
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => adjust({ sku: 'KEY-4', delta: 7 }, key)),
      );
      const done = answers.filter(({ status }) => status === 200);
      const others = answers.filter(({ status }) => status !== 200);
      expect(done.length).toBeGreaterThan(0);
      for (const { body } of done) expect(body.onHand).toBe(7);
      for (const { body, headers } of others) {
        expect([body.code, headers.get('retry-after')]).toEqual(['IDEMPOTENCY.IN_FLIGHT', '1']);
      }
      expect(await stock('KEY-4')).toMatchObject({ onHand: 7 });
    });

    it('is in flight while another transaction has it', async () => {
      const key = newId();
      await adjust({ sku: 'KEY-5', delta: 5 });
      await waybill.sql('BEGIN');
      await waybill.sql("SELECT 1 FROM inventory.stock WHERE sku = 'KEY-5' FOR UPDATE");
      const first = adjust({ sku: 'KEY-5', delta: 1 }, key);
      try {
        // The key is taken before the stock is: whoever waits for the stock has it.
        await eventually(async () => {
          const waiting = await waybill.sql(
            "SELECT 1 FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted",
          );
          expect(waiting).not.toEqual([]);
        });
        const second = await adjust({ sku: 'KEY-5', delta: 1 }, key);
        expect([second.status, second.body.code]).toEqual([409, 'IDEMPOTENCY.IN_FLIGHT']);
      } finally {
        await waybill.sql('COMMIT');
      }
      expect((await first).status).toBe(200);
      expect((await adjust({ sku: 'KEY-5', delta: 1 }, key)).body).toEqual((await first).body);
    });
  });

  it('has movements that add up to the stock', async () => {
    const off = await waybill.sql(`
      SELECT s.sku, s.warehouse, s.on_hand, s.reserved, m.on_hand AS moved, m.reserved AS held
      FROM inventory.stock s LEFT JOIN (
        SELECT sku, warehouse, sum(on_hand_delta) AS on_hand, sum(reserved_delta) AS reserved
        FROM inventory.movements GROUP BY 1, 2) m USING (sku, warehouse)
      WHERE s.on_hand <> coalesce(m.on_hand, 0) OR s.reserved <> coalesce(m.reserved, 0)`);
    expect(off).toEqual([]);
  });
});
