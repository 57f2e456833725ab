import { Cluster } from '../../lab/cluster.js';
import { Api } from '../api.js';
import { anOrder } from '../builders/order.builder.js';
import { eventually } from '../harness.js';
import { type SplitWaybill, startSplit } from '../split.js';
import { Observer } from '../workflow/observer.js';

const REST = [['users'], ['catalog'], ['inventory'], ['payments'], ['orders']] as const;

describe('a module that is started for the first time long after the others', () => {
  let waybill: SplitWaybill;
  let late: Cluster | undefined;

  beforeAll(async () => {
    waybill = await startSplit({ layout: REST });
  });
  afterAll(async () => {
    await late?.stop();
    await waybill?.stop();
  });

  it('receives the events that it missed', async () => {
    const see = new Observer(waybill);
    const placed = await Promise.all(
      ['MUG-001', 'MUG-002', 'NOTE-001'].map((sku) => see.place(anOrder().withLine(sku, 1).build())),
    );
    expect(placed.map(({ status }) => status)).toEqual([201, 201, 201]);
    // Handed on for good: nobody but the broker has them now.
    await eventually(async () =>
      expect(await waybill.sql('SELECT name FROM orders.outbox WHERE published_at IS NULL')).toEqual([]),
    );
    expect(await waybill.sql("SELECT 1 FROM pg_namespace WHERE nspname = 'notifications'")).toEqual([]);

    late = await Cluster.start({ layout: [{ modules: ['notifications'] }], env: waybill.env });
    const api = new Api(late.url);
    const token = await waybill.api.token('staff');
    for (const { body } of placed) {
      await eventually(async () => {
        const { body: list } = await api.get<{ data: { template: string }[] }>(
          `/notifications?orderId=${body.id}&type=email`,
          { token },
        );
        expect(list.data.map(({ template }) => template)).toEqual(['order-confirmed']);
      });
    }
  });
});
