import { SagaTables1764000000001 } from '../../src/common/saga/saga-tables.migration.js';
import type { UnitOfWork } from '../../src/common/persistence/unit-of-work.js';
import { Orders1764000100000 } from '../../src/modules/orders/migrations/1764000100000-orders.js';
import { OrderStages1764003000000 } from '../../src/modules/orders/migrations/1764003000000-order-stages.js';
import { OrderTallies1764003100000 } from '../../src/modules/orders/migrations/1764003100000-order-tallies.js';
import { FirstTally1764003200000 } from '../../src/modules/orders/migrations/1764003200000-first-tally.js';
import { type OrderStatus, OrderStatusSchema } from '../../src/modules/orders/orders.contract.js';
import { type OrderFilter, orderKeysQuery } from '../../src/modules/orders/persistence/order-keys.js';
import { countByStatus } from '../../src/modules/orders/persistence/order-tallies.js';
import { startPostgres, type TestPostgres } from '../postgres.js';

const BEFORE = [SagaTables1764000000001, Orders1764000100000];
const AFTER = [OrderStages1764003000000, OrderTallies1764003100000, FirstTally1764003200000];

describe('orders by their status', () => {
  let postgres: TestPostgres;
  let uow: UnitOfWork;
  let made = 0;

  beforeAll(async () => {
    postgres = await startPostgres();
    // As the last release left it, with orders in it.
    await add(await postgres.module('orders', { migrations: BEFORE }), 'confirmed', 3);
    uow = await postgres.module('orders', { migrations: [...BEFORE, ...AFTER], poolSize: 10 });
  });
  afterAll(() => postgres?.stop());
  beforeEach(async () => {
    for (const status of OrderStatusSchema.options) await add(uow, status, 2);
  });

  /** Adds orders in one statement, each a minute newer than the one before. */
  async function add(to: UnitOfWork, status: OrderStatus, count: number): Promise<void> {
    await to.rows(
      `WITH made AS (
         INSERT INTO orders (id, number, user_id, status, version, total_amount, currency, shipping_address, created_at, updated_at)
         SELECT uuidv7(), 'WB-2026-' || to_char(n, 'FM000000'), gen_random_uuid(), $1, 1, 1, 'EUR', '{}',
           timestamptz '2026-01-01' + make_interval(mins => n::int), now()
         FROM generate_series($2::int, $2::int + $3 - 1) AS n RETURNING id)
       INSERT INTO sagas (id, name, status, state)
       SELECT id, 'place-order', CASE $1 WHEN 'pending' THEN 'running' ELSE 'completed' END, '{}' FROM made`,
      [status, made, count],
    );
    made += count;
  }

  async function expectExact(): Promise<void> {
    const rows = await uow.rows<{ status: OrderStatus; count: number }>(
      'SELECT status, count(*)::int AS count FROM orders GROUP BY status',
    );
    const tallied = [...(await countByStatus(uow))].filter(([, count]) => count !== 0);
    expect(new Map(tallied)).toEqual(new Map(rows.map(({ status, count }) => [status, count])));
  }

  it('are counted, those from before there were tallies too', async () => {
    await expectExact();
  });

  it('are counted when they change, and when a change is taken back', async () => {
    await uow.rows("UPDATE orders SET status = 'confirmed', version = 2 WHERE status = 'pending'");
    await uow.rows("UPDATE orders SET note = 'edited'");
    const taken = uow.run(async (tx) => {
      await tx.rows("UPDATE orders SET status = 'cancelled'");
      throw new Error('taken back');
    });
    await expect(taken).rejects.toThrow('taken back');
    await expectExact();
  });

  it('are counted exactly while many write and many count', async () => {
    const write = async () => {
      for (let n = 0; n < 40; n += 1)
        await uow.rows(
          `UPDATE orders SET status = CASE status WHEN 'failed' THEN 'cancelled' ELSE 'failed' END
           WHERE id IN (SELECT id FROM orders ORDER BY random() LIMIT 1 FOR UPDATE SKIP LOCKED)`,
        );
    };
    const total = (counts: Map<OrderStatus, number>) => [...counts.values()].reduce((sum, n) => sum + n, 0);
    const count = async () => {
      for (let n = 0; n < 20; n += 1) expect(total(await countByStatus(uow))).toBe(made);
    };
    await Promise.all([write(), write(), write(), write(), write(), write(), count(), count()]);
    await expectExact();
    // Folded by whoever counted last.
    const [rows] = await uow.rows<{ n: number }>('SELECT count(*)::int AS n FROM order_tallies');
    expect(rows?.n).toBeLessThan(200);
  });

  const keys = async (filter: Partial<OrderFilter>, after: readonly [string, string] | null = null) => {
    const { text, values } = orderKeysQuery({ limit: 10, sort: '-createdAt', ...filter }, after);
    return uow.rows<{ id: string; at: string }>(text, values);
  };

  const expected = async (where: string, direction: 'ASC' | 'DESC' = 'DESC') => {
    const sql = `SELECT id FROM orders WHERE ${where} ORDER BY created_at ${direction}, id ${direction}`;
    return (await uow.rows<{ id: string }>(sql)).map(({ id }) => id);
  };

  it.each(OrderStatusSchema.options)('are listed when they are %s', async (status) => {
    const found = await keys({ status: [status], limit: 1000 });
    expect(found.length).toBeGreaterThan(0);
    expect(found.map(({ id }) => id)).toEqual(await expected(`status = '${status}'`));
  });

  it.each(['createdAt', '-createdAt'] as const)(
    'are listed by %s over several states, page by page',
    async (sort) => {
      const status: OrderStatus[] = ['pending', 'confirmed', 'failed', 'shipped', 'failed'];
      const found: string[] = [];
      for (let after: readonly [string, string] | null = null; ; ) {
        const page = await keys({ status, sort, limit: 4 }, after);
        found.push(...page.slice(0, 4).map(({ id }) => id));
        const last = page[3];
        if (page.length < 5 || !last) break;
        after = [last.at, last.id];
      }
      const where = `status IN ('pending', 'confirmed', 'failed', 'shipped')`;
      expect(found).toEqual(await expected(where, sort === 'createdAt' ? 'ASC' : 'DESC'));
    },
  );

  it('are listed by the start of their number and their time', async () => {
    const filter = {
      q: 'wb-2026-00000',
      createdFrom: '2026-01-01T00:03:00Z',
      createdTo: '2026-01-01T00:07:00Z',
    };
    const found = (await keys(filter)).map(({ id }) => id);
    expect(found).toEqual(await expected("number BETWEEN 'WB-2026-000003' AND 'WB-2026-000006'"));
    expect(found).toHaveLength(4);
  });
});
