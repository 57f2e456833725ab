import { Config } from '../../src/common/config/config.js';
import { newId } from '../../src/common/ids.js';
import type { EventEnvelope } from '../../src/common/messaging/contract.js';
import { ModuleTransport } from '../../src/common/messaging/module-transport.js';
import { InventoryApi } from '../../src/modules/inventory/inventory.contract.js';
import { type OrderStatus, OrdersApi } from '../../src/modules/orders/orders.contract.js';
import { anOrderEvent } from '../builders/order-event.js';
import { eventually, startWaybill, type WaybillInside } from '../harness.js';

const ALICE = '0199c0de-0000-7000-8000-000000000001';
const EUR = { amount: 100, currency: 'EUR' };

interface Line {
  sku: string;
  quantity: number;
}

interface Sent {
  name: string;
  payload: { lines: unknown[]; reason?: string; lost?: boolean };
}

describe('inventory in the order workflow', () => {
  let waybill: WaybillInside;
  let inventory: InventoryApi;
  let staff: string;
  /** What orders would tell; an order that is not here is unknown. Null: orders cannot be asked. */
  let orders: Map<string, OrderStatus> | null = new Map();

  const restock = async (sku: string, main: number, east = 0) => {
    for (const [warehouse, delta] of Object.entries({ main, east })) {
      if (delta === 0) continue;
      const body = { sku, warehouse, delta, reason: 'delivery' };
      const { status } = await waybill.api.post('/inventory/adjust', body, { token: staff, key: newId() });
      expect(status).toBe(200);
    }
  };
  const reserve = (orderId: string, lines: Line[], ttlSeconds = 900) =>
    inventory.reserve({ orderId, lines, ttlSeconds });
  const heldFor = async (orderId: string) => {
    const [row] = await waybill.sql<{ left: number }>(
      'SELECT extract(epoch FROM expires_at - now())::float8 AS left FROM inventory.reservations WHERE order_id = $1',
      [orderId],
    );
    return row?.left ?? 0;
  };
  const release = (orderId: string, reason = 'payment declined') => inventory.release({ orderId, reason });
  const refusal = (reserving: Promise<unknown>) =>
    reserving.then(
      () => 'reserved',
      (error: unknown) => (error as { code?: string }).code,
    );
  const anOrder = async (sku: string, quantity = 2) => {
    const orderId = newId();
    await reserve(orderId, [{ sku, quantity }]);
    return orderId;
  };
  const event = (change: 'confirmed' | 'failed' | 'cancelled', orderId: string, lines: Line[] = []) =>
    anOrderEvent(change, ALICE, {
      orderId,
      items: lines.map((line) => ({ ...line, name: line.sku, unitPrice: EUR, total: EUR })),
    });
  const deliver = (envelope: EventEnvelope) =>
    waybill.app.get(ModuleTransport).deliverOrPark('inventory', envelope);
  const levels = async (sku: string) => {
    const [row] = await waybill.sql<{ on_hand: number; reserved: number }>(
      'SELECT sum(on_hand)::int AS on_hand, sum(reserved)::int AS reserved FROM inventory.stock WHERE sku = $1',
      [sku],
    );
    return row;
  };
  const statusOf = async (orderId: string) => {
    const [row] = await waybill.sql<{ status: string }>(
      'SELECT status FROM inventory.reservations WHERE order_id = $1',
      [orderId],
    );
    return row?.status;
  };
  const kinds = async (orderId: string) =>
    (
      await waybill.sql<{ kind: string }>(
        'SELECT kind FROM inventory.movements WHERE order_id = $1 ORDER BY id',
        [orderId],
      )
    ).map(({ kind }) => kind);
  const sent = (key: string) =>
    waybill.sql<Sent>('SELECT name, payload FROM inventory.outbox WHERE key = $1 ORDER BY seq', [key]);
  const expireNow = (orderId: string) =>
    waybill.sql(
      "UPDATE inventory.reservations SET expires_at = now() - interval '1 second' WHERE order_id = $1",
      [orderId],
    );

  beforeAll(async () => {
    waybill = await startWaybill();
    inventory = waybill.app.get<InventoryApi>(InventoryApi);
    staff = await waybill.api.token('staff');
    jest
      .spyOn(waybill.app.get<OrdersApi>(OrdersApi), 'summaries')
      .mockImplementation(async ({ orderIds }) => {
        const known = orders;
        if (known === null) throw new Error('orders is away');
        return {
          orders: orderIds.flatMap((orderId) => {
            const status = known.get(orderId);
            return status ? [{ orderId, userId: ALICE, number: 'WB-2026-000001', status, total: EUR }] : [];
          }),
        };
      });
  });

  beforeEach(() => {
    orders = new Map();
  });

  afterAll(() => waybill?.stop());

  describe('reserve', () => {
    it('holds as long as is configured when the caller does not say', async () => {
      await restock('R-TTL', 1);
      const orderId = newId();
      await inventory.reserve({ orderId, lines: [{ sku: 'R-TTL', quantity: 1 }] });
      const configured = waybill.app.get(Config).reservationSeconds;
      expect(await heldFor(orderId)).toBeGreaterThan(configured - 60);
      expect(await heldFor(orderId)).toBeLessThanOrEqual(configured);
    });

    it('does not take for its own what was reserved for the order by hand', async () => {
      await restock('R-OWN', 9);
      await restock('R-OTHER', 9);
      const orderId = newId();
      const body = { orderId, items: [{ sku: 'R-OTHER', quantity: 1 }], reason: 'by phone' };
      const { status } = await waybill.api.post('/inventory/reserve', body, { token: staff, key: newId() });
      expect(status).toBe(201);
      const own = reserve(orderId, [{ sku: 'R-OWN', quantity: 5 }]);
      expect(await refusal(own)).toBe('INVENTORY.RESERVATION_DIFFERS');
      expect(await levels('R-OWN')).toEqual({ on_hand: 9, reserved: 0 });
    });

    it('takes every line, over several warehouses where it must, and tells of it', async () => {
      await restock('R-1', 5, 4);
      await restock('R-2', 3);
      const orderId = newId();
      const { expiresAt, allocations } = await reserve(
        orderId,
        [
          { sku: 'R-2', quantity: 1 },
          { sku: 'R-1', quantity: 7 },
        ],
        60,
      );
      expect(allocations).toEqual([
        { sku: 'R-1', warehouse: 'main', quantity: 5 },
        { sku: 'R-1', warehouse: 'east', quantity: 2 },
        { sku: 'R-2', warehouse: 'main', quantity: 1 },
      ]);
      expect(await heldFor(orderId)).toBeGreaterThan(30);
      expect(await heldFor(orderId)).toBeLessThanOrEqual(60);
      expect(await levels('R-1')).toEqual({ on_hand: 9, reserved: 7 });
      expect(await sent(orderId)).toEqual([
        { name: 'inventory.reserved', payload: { orderId, expiresAt, lines: allocations } },
      ]);
    });

    it('takes nothing when one line is short, and stays with that answer', async () => {
      await restock('R-3', 5);
      await restock('R-4', 1);
      const orderId = newId();
      const lines = [
        { sku: 'R-3', quantity: 1 },
        { sku: 'R-4', quantity: 2 },
      ];
      await expect(reserve(orderId, lines)).rejects.toMatchObject({
        code: 'INVENTORY.OUT_OF_STOCK',
        message: 'R-4: 2 wanted, 1 available',
      });
      await restock('R-4', 10);
      await expect(reserve(orderId, lines)).rejects.toMatchObject({ code: 'INVENTORY.OUT_OF_STOCK' });
      expect(await levels('R-3')).toEqual({ on_hand: 5, reserved: 0 });
      expect(await kinds(orderId)).toEqual([]);
    });

    it('answers the same when asked again, one by one and all at once', async () => {
      await restock('R-5', 50);
      const orderId = newId();
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => reserve(orderId, [{ sku: 'R-5', quantity: 2 }])),
      );
      answers.push(await reserve(orderId, [{ sku: 'R-5', quantity: 2 }]));
      for (const answer of answers) expect(answer).toEqual(answers[0]);
      await deliver(event('confirmed', orderId));
      expect(await reserve(orderId, [{ sku: 'R-5', quantity: 2 }])).toEqual(answers[0]);
      expect(await levels('R-5')).toEqual({ on_hand: 48, reserved: 0 });
    });

    it('counts two lines of a SKU together, and knows no stock of an unknown one', async () => {
      await restock('R-6', 5);
      const twice = [
        { sku: 'R-6', quantity: 3 },
        { sku: 'R-6', quantity: 3 },
      ];
      expect(await refusal(reserve(newId(), twice))).toBe('INVENTORY.OUT_OF_STOCK');
      expect(await refusal(reserve(newId(), [{ sku: 'R-NOBODY', quantity: 1 }]))).toBe(
        'INVENTORY.OUT_OF_STOCK',
      );
    });

    it('gives 100 pieces to exactly 100 of 200 who come at once', async () => {
      await restock('R-HOT', 60, 40);
      const outcomes = await Promise.all(
        Array.from({ length: 200 }, () => refusal(reserve(newId(), [{ sku: 'R-HOT', quantity: 1 }]))),
      );
      expect(outcomes.filter((outcome) => outcome === 'reserved')).toHaveLength(100);
      expect(outcomes.filter((outcome) => outcome === 'INVENTORY.OUT_OF_STOCK')).toHaveLength(100);
      expect(await levels('R-HOT')).toEqual({ on_hand: 100, reserved: 100 });
    });

    it('decides by what is there when its turn comes, not by what was there when it asked', async () => {
      await restock('R-7', 1);
      await waybill.sql('BEGIN');
      await waybill.sql("UPDATE inventory.stock SET reserved = 1 WHERE sku = 'R-7'");
      const outcome = refusal(reserve(newId(), [{ sku: 'R-7', quantity: 1 }]));
      await eventually(async () =>
        expect(await waybill.sql('SELECT 1 FROM pg_locks WHERE NOT granted')).not.toEqual([]),
      );
      await waybill.sql('COMMIT');
      expect(await outcome).toBe('INVENTORY.OUT_OF_STOCK');
      await waybill.sql("UPDATE inventory.stock SET reserved = 0 WHERE sku = 'R-7'");
    });

    it('does not lock itself up when orders name the same SKUs in opposite order, nor with releases among them', async () => {
      await restock('R-A', 500);
      await restock('R-B', 500);
      const there = [
        { sku: 'R-A', quantity: 1 },
        { sku: 'R-B', quantity: 1 },
      ];
      const orderIds = Array.from({ length: 150 }, () => newId());
      const outcomes = await Promise.all(
        orderIds.flatMap((orderId, i) => [
          refusal(reserve(orderId, i % 2 === 0 ? there : there.toReversed())),
          ...(i % 3 === 0 ? [refusal(release(orderId)).then(() => 'released')] : []),
          ...(i % 7 === 0 ? [restock(i % 2 === 0 ? 'R-A' : 'R-B', 1).then(() => 'restocked')] : []),
        ]),
      );
      const allowed = ['reserved', 'released', 'restocked', 'INVENTORY.RESERVATION_CLOSED'];
      expect(outcomes.filter((outcome) => !allowed.includes(String(outcome)))).toEqual([]);
    });
  });

  describe('release', () => {
    it('frees what is held, once', async () => {
      await restock('L-1', 10);
      const orderId = await anOrder('L-1');
      await Promise.all([release(orderId), release(orderId), release(orderId)]);
      expect(await levels('L-1')).toEqual({ on_hand: 10, reserved: 0 });
      expect(await kinds(orderId)).toEqual(['reserved', 'released']);
      expect((await sent(orderId))[1]).toMatchObject({
        name: 'inventory.released',
        payload: {
          reason: 'payment declined',
          lost: false,
          lines: [{ sku: 'L-1', warehouse: 'main', quantity: 2 }],
        },
      });
      expect(await refusal(reserve(orderId, [{ sku: 'L-1', quantity: 2 }]))).toBe(
        'INVENTORY.RESERVATION_CLOSED',
      );
    });

    it('puts back on the shelf what had left it', async () => {
      await restock('L-2', 10);
      const orderId = await anOrder('L-2');
      await deliver(event('confirmed', orderId));
      expect(await levels('L-2')).toEqual({ on_hand: 8, reserved: 0 });
      await release(orderId);
      await release(orderId);
      expect(await levels('L-2')).toEqual({ on_hand: 10, reserved: 0 });
      expect(await kinds(orderId)).toEqual(['reserved', 'committed', 'restocked']);
    });

    it('that comes first refuses the reserve that is still on its way', async () => {
      await restock('L-3', 10);
      const orderId = newId();
      await release(orderId);
      expect(await refusal(reserve(orderId, [{ sku: 'L-3', quantity: 1 }]))).toBe(
        'INVENTORY.RESERVATION_CLOSED',
      );
      expect(await levels('L-3')).toEqual({ on_hand: 10, reserved: 0 });
    });

    it('that races its reserve leaves nothing held', async () => {
      await restock('L-4', 100);
      await Promise.all(
        Array.from({ length: 40 }, async (_, i) => {
          const orderId = newId();
          const first =
            i % 2 === 0 ? refusal(reserve(orderId, [{ sku: 'L-4', quantity: 1 }])) : release(orderId);
          const second =
            i % 2 === 0 ? release(orderId) : refusal(reserve(orderId, [{ sku: 'L-4', quantity: 1 }]));
          await Promise.all([first, second]);
        }),
      );
      expect(await levels('L-4')).toEqual({ on_hand: 100, reserved: 0 });
    });

    it('decides by the reservation as it is when its turn comes', async () => {
      await restock('L-5', 10);
      const orderId = await anOrder('L-5');
      await waybill.sql('BEGIN');
      await waybill.sql("UPDATE inventory.reservations SET status = 'released' WHERE order_id = $1", [
        orderId,
      ]);
      const releasing = release(orderId);
      await eventually(async () =>
        expect(await waybill.sql('SELECT 1 FROM pg_locks WHERE NOT granted')).not.toEqual([]),
      );
      await waybill.sql('COMMIT');
      await releasing;
      expect(await kinds(orderId)).toEqual(['reserved']);
      await waybill.sql("UPDATE inventory.reservations SET status = 'held' WHERE order_id = $1", [orderId]);
      await release(orderId);
      expect(await levels('L-5')).toEqual({ on_hand: 10, reserved: 0 });
    });

    it.each(['failed', 'cancelled'] as const)(
      'happens when an order is %s, even if nobody asked for it',
      async (change) => {
        await restock(`L-${change}`.toUpperCase(), 10);
        const sku = `L-${change}`.toUpperCase();
        const orderId = await anOrder(sku);
        const envelope = event(change, orderId);
        await Promise.all([deliver(envelope), deliver(envelope)]);
        await deliver(envelope);
        expect(await levels(sku)).toEqual({ on_hand: 10, reserved: 0 });
        expect(await kinds(orderId)).toEqual(['reserved', 'released']);
      },
    );
  });

  describe('confirmation', () => {
    it('takes what is held off the shelf, once', async () => {
      await restock('C-1', 10);
      const orderId = await anOrder('C-1');
      const envelope = event('confirmed', orderId);
      await Promise.all([deliver(envelope), deliver(envelope)]);
      await deliver({ ...envelope, id: newId() });
      expect(await levels('C-1')).toEqual({ on_hand: 8, reserved: 0 });
      expect(await kinds(orderId)).toEqual(['reserved', 'committed']);
      expect((await sent(orderId)).map(({ name }) => name)).toEqual([
        'inventory.reserved',
        'inventory.committed',
      ]);
    });

    it('of hundreds of orders at once takes each one’s', async () => {
      await restock('C-2', 300, 300);
      const orderIds = await Promise.all(Array.from({ length: 250 }, () => anOrder('C-2')));
      await Promise.all(orderIds.map((orderId) => deliver(event('confirmed', orderId))));
      expect(await levels('C-2')).toEqual({ on_hand: 100, reserved: 0 });
    });

    it.each(['a person released it', 'it had never been reserved'])(
      'takes stock afresh when %s',
      async (how) => {
        const sku = how === 'it had never been reserved' ? 'C-4' : 'C-3';
        await restock(sku, 3, 3);
        const orderId = sku === 'C-4' ? newId() : await anOrder(sku, 3);
        if (sku === 'C-3') {
          const body = { orderId, reason: 'mistake' };
          await waybill.api.post('/inventory/release', body, { token: staff, key: newId() });
          await restock(sku, -1);
        }
        await deliver(event('confirmed', orderId, [{ sku, quantity: 3 }]));
        expect(await statusOf(orderId)).toBe('committed');
        expect(await levels(sku)).toEqual({ on_hand: sku === 'C-3' ? 2 : 3, reserved: 0 });
        await release(orderId);
        expect(await levels(sku)).toEqual({ on_hand: sku === 'C-3' ? 5 : 6, reserved: 0 });
      },
    );

    it('tells of an order whose stock went to others', async () => {
      await restock('C-5', 3);
      const orderId = await anOrder('C-5', 3);
      await waybill.api.post(
        '/inventory/release',
        { orderId, reason: 'mistake' },
        { token: staff, key: newId() },
      );
      await anOrder('C-5', 1);
      await deliver(event('confirmed', orderId, [{ sku: 'C-5', quantity: 3 }]));
      expect((await sent(orderId)).at(-1)).toMatchObject({
        name: 'inventory.released',
        payload: { lost: true },
      });
      expect(await statusOf(orderId)).toBe('released');
      expect(await levels('C-5')).toEqual({ on_hand: 3, reserved: 1 });
    });

    it.each(['asked for a release', 'failed', 'cancelled'] as const)(
      'that arrives after its order %s takes nothing and alarms nobody',
      async (end) => {
        const sku = `C-${end.split(' ')[0]?.toUpperCase()}`;
        await restock(sku, 5);
        const orderId = await anOrder(sku);
        if (end === 'asked for a release') await release(orderId);
        else await deliver(event(end, orderId));
        await deliver(event('confirmed', orderId, [{ sku, quantity: 2 }]));
        expect(await levels(sku)).toEqual({ on_hand: 5, reserved: 0 });
        expect(await kinds(orderId)).toEqual(['reserved', 'released']);
        expect((await sent(orderId)).map(({ name }) => name)).toEqual([
          'inventory.reserved',
          'inventory.released',
        ]);
      },
    );

    it('that arrives after a person released and then the order was cancelled takes nothing', async () => {
      await restock('C-6', 5);
      const orderId = await anOrder('C-6');
      await waybill.api.post(
        '/inventory/release',
        { orderId, reason: 'mistake' },
        { token: staff, key: newId() },
      );
      await deliver(event('cancelled', orderId));
      await deliver(event('confirmed', orderId, [{ sku: 'C-6', quantity: 2 }]));
      expect(await levels('C-6')).toEqual({ on_hand: 5, reserved: 0 });
    });
  });

  describe('expiry', () => {
    it.each(['failed', 'cancelled', undefined] as const)(
      'ends the reservation of an order that is %s',
      async (status) => {
        const sku = `E-${String(status).toUpperCase()}`;
        await restock(sku, 5);
        const orderId = await anOrder(sku);
        if (status) orders?.set(orderId, status);
        await expireNow(orderId);
        await eventually(async () => expect(await statusOf(orderId)).toBe('released'));
        expect(await levels(sku)).toEqual({ on_hand: 5, reserved: 0 });
        expect((await sent(orderId)).at(-1)?.payload).toMatchObject({ reason: 'expired', lost: false });
      },
    );

    it('spares orders that live, however late', async () => {
      await restock('E-1', 20);
      const living = ['pending', 'confirmed', 'processing', 'shipped', 'delivered'] as const;
      const orderIds: string[] = [];
      for (const status of living) {
        const orderId = await anOrder('E-1');
        orders?.set(orderId, status);
        await expireNow(orderId);
        orderIds.push(orderId);
      }
      await eventually(async () => {
        const extended = await waybill.sql(
          "SELECT 1 FROM inventory.reservations WHERE order_id = ANY($1::uuid[]) AND expires_at > now() + interval '10 minutes'",
          [orderIds],
        );
        expect(extended).toHaveLength(living.length);
      });
      expect(await levels('E-1')).toEqual({ on_hand: 20, reserved: 10 });
    });

    it('waits while orders cannot be asked', async () => {
      await restock('E-2', 5);
      const orderId = await anOrder('E-2');
      const asked = jest.mocked(waybill.app.get<OrdersApi>(OrdersApi).summaries);
      const before = asked.mock.calls.length;
      orders = null;
      await expireNow(orderId);
      await eventually(() => expect(asked.mock.calls.length).toBeGreaterThan(before));
      expect(await statusOf(orderId)).toBe('held');
      orders = new Map();
      await eventually(async () => expect(await statusOf(orderId)).toBe('released'), 20_000);
    });
  });

  describe('low stock', () => {
    it('is told once when it comes down to its threshold, and again after it had recovered', async () => {
      await restock('W-1', 6, 6);
      const first = await anOrder('W-1', 1);
      expect(await sent('W-1')).toEqual([]);
      await anOrder('W-1', 1);
      await anOrder('W-1', 1);
      expect(await sent('W-1')).toEqual([
        { name: 'inventory.low-stock', payload: { sku: 'W-1', available: 10, threshold: 10 } },
      ]);
      await release(first);
      await restock('W-1', 0, 5);
      await restock('W-1', -5);
      expect((await sent('W-1')).map(({ payload }) => payload)).toEqual([
        { sku: 'W-1', available: 10, threshold: 10 },
        { sku: 'W-1', available: 10, threshold: 10 },
      ]);
    });

    it('is no news of a thing that is new', async () => {
      await restock('W-3', 5);
      await restock('W-3', 2);
      expect(await sent('W-3')).toEqual([]);
    });

    it('is told once however many orders cross it together, and shown among the alerts', async () => {
      await restock('W-2', 60);
      await Promise.all(Array.from({ length: 55 }, () => anOrder('W-2', 1)));
      expect(await sent('W-2')).toHaveLength(1);
      const { body } = await waybill.api.get<{ data: { sku: string }[] }>('/inventory/alerts?limit=100', {
        token: staff,
      });
      expect(body.data.map(({ sku }) => sku)).toContain('W-2');
    });
  });

  describe('afterwards', () => {
    it('has movements that add up to the stock, and reservations that add up to what is reserved', async () => {
      const off = await waybill.sql(`
        SELECT s.sku, s.warehouse FROM inventory.stock s
        LEFT JOIN (SELECT sku, warehouse, sum(on_hand_delta) AS on_hand, sum(reserved_delta) AS reserved
                   FROM inventory.movements GROUP BY 1, 2) m USING (sku, warehouse)
        LEFT JOIN (SELECT l.sku, l.warehouse, sum(l.quantity) AS held FROM inventory.reservation_lines l
                   JOIN inventory.reservations r USING (order_id) WHERE r.status = 'held' GROUP BY 1, 2) h USING (sku, warehouse)
        WHERE s.on_hand <> coalesce(m.on_hand, 0) OR s.reserved <> coalesce(m.reserved, 0) OR s.reserved <> coalesce(h.held, 0)`);
      expect(off).toEqual([]);
    });

    it('has each item low that is at or under its threshold, and no other', async () => {
      const off = await waybill.sql(`
        SELECT i.sku FROM inventory.stock_items i LEFT JOIN inventory.stock s USING (sku)
        GROUP BY i.sku HAVING i.low <> (coalesce(sum(s.on_hand - s.reserved), 0) <= i.low_stock_threshold)`);
      expect(off).toEqual([]);
    });
  });
});
