import { MODULE_NAMES } from '../../src/modules.js';
import type { Snapshot } from '../../src/common/operations/operations.schemas.js';
import type { DemoUser } from '../api.js';
import { anOrder } from '../builders/order.builder.js';
import { LiveClient } from '../fakes/live-client.js';
import { eventually, startWaybill, type Waybill } from '../harness.js';
import { startSplit } from '../split.js';

const SWITCHES = { LAB_SWITCHES: 'true' };
const WATCH = { type: 'watch', what: 'operations' };
const TOGETHER = [
  ['users', 'catalog', 'inventory', 'notifications'],
  ['orders', 'payments'],
] as const;

const PLACEMENTS = [
  { name: 'one process', processes: 1, start: (): Promise<Waybill> => startWaybill(SWITCHES) },
  {
    name: 'two processes, twice',
    processes: 4,
    start: (): Promise<Waybill> => startSplit({ layout: TOGETHER, replicas: 2, env: SWITCHES }),
  },
];

describe.each(PLACEMENTS)('operations of $name, to those who watch', ({ processes, start }) => {
  let waybill: Waybill;
  const clients: LiveClient[] = [];

  beforeAll(async () => {
    waybill = await start();
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await waybill?.stop();
  });

  const connect = async (user: DemoUser): Promise<LiveClient> => {
    const client = new LiveClient(waybill.url, await waybill.api.token(user));
    clients.push(client);
    await eventually(() => expect(client.types).toContain('ready'));
    return client;
  };
  const watching = async (user: DemoUser) => {
    const client = await connect(user);
    await client.say(WATCH);
    return client;
  };
  const seen = (client: LiveClient): Snapshot => {
    const last = client.heard.findLast(({ type }) => type === 'operations')?.data;
    if (!last) throw new Error('Nothing was seen yet');
    return last as unknown as Snapshot;
  };
  const order = async () => {
    const token = await waybill.api.token('alice');
    return waybill.api.post('/orders', anOrder().build(), { token });
  };
  const counted = ({ series }: Snapshot, metric: string, labels: Record<string, string> = {}) =>
    series
      .filter((each) => each.metric === metric)
      .filter((each) => Object.entries(labels).every(([name, value]) => each.labels[name] === value))
      .reduce((sum, { count }) => sum + count, 0);
  const extra = <T>({ processes: all }: Snapshot, name: string) =>
    all.map(({ extras }) => extras[name] as T).filter((value) => value !== undefined);
  const breaker = ({ processes: all }: Snapshot) =>
    Math.max(
      ...all
        .flatMap(({ gauges }) => gauges)
        .filter(
          ({ metric, labels }) =>
            metric === 'circuit_breaker_state' && labels['target'] === 'payment-gateway',
        )
        .map(({ value }) => value),
    );

  it('are not for customers', async () => {
    const alice = await watching('alice');
    expect(await alice.closed).toBe(4403);
    expect(alice.types).not.toContain('operations');
  });

  it('show every module where it runs, and that it is ready', async () => {
    const staff = await watching('staff');
    await eventually(() => {
      const { processes: all, lab } = seen(staff);
      expect(lab).toBe(true);
      expect(all).toHaveLength(processes);
      expect(all.every(({ state, gone }) => state === 'ready' && !gone)).toBe(true);
      const hosted = new Set(all.flatMap(({ modules }) => modules));
      expect([...hosted].toSorted()).toEqual([...MODULE_NAMES].toSorted());
    });
  });

  it('show what was done in the last minute, by whichever process', async () => {
    const staff = await watching('staff');
    await eventually(() => expect(seen(staff).processes).toHaveLength(processes));
    const before = counted(seen(staff), 'orders_created_total');
    for (let i = 0; i < 4; i++) expect((await order()).status).toBe(201);
    await eventually(() => {
      const now = seen(staff);
      expect(counted(now, 'orders_created_total')).toBe(before + 4);
      const reserve = { service: 'order-service', target: 'inventory-service', method: 'inventory.reserve' };
      expect(counted(now, 'rpc_client_duration_seconds', reserve)).toBeGreaterThanOrEqual(4);
      expect(counted(now, 'saga_step_duration_seconds', { outcome: 'ok' })).toBeGreaterThanOrEqual(8);
      const told = { event: 'orders.confirmed', service: 'notification-service', outcome: 'ok' };
      expect(counted(now, 'events_consumed_total', told)).toBeGreaterThanOrEqual(4);
      expect(extra<Record<string, number>>(now, 'waiting').some((each) => each['notifications'] === 0)).toBe(
        true,
      );
    });
  });

  it('let administrators break the gateway, show its breaker open, and closed when it is healed', async () => {
    const admin = await watching('admin');
    const broken = () =>
      extra<{ faults: string[] }>(seen(admin), 'gateway').map(({ faults }) => faults.join());
    await eventually(() => expect(new Set(broken())).toEqual(new Set([''])));
    await admin.say({ type: 'switch', name: 'gateway', value: 'error' });
    await eventually(() => expect(new Set(broken())).toEqual(new Set(['error'])));
    await eventually(async () => {
      await Promise.all(Array.from({ length: 20 }, order));
      expect(breaker(seen(admin))).toBe(2);
    }, 30_000);
    await admin.say({ type: 'switch', name: 'gateway' });
    await eventually(async () => {
      await order();
      expect(breaker(seen(admin))).toBe(0);
    }, 30_000);
    expect(new Set(broken())).toEqual(new Set(['']));
  });

  it('let administrators slow one process', async () => {
    const admin = await watching('admin');
    await eventually(() => expect(seen(admin).processes).toHaveLength(processes));
    const chosen = () => seen(admin).processes.filter(({ modules }) => modules.includes('orders'));
    const took = async () => {
      const started = performance.now();
      const token = await waybill.api.token('alice');
      for (let i = 0; i < chosen().length; i++) await waybill.api.get('/orders', { token });
      return performance.now() - started;
    };
    const [one] = chosen();
    await admin.say({ type: 'switch', name: 'slow', process: one?.id, value: 1500 });
    await eventually(() => expect(chosen().map(({ slowMs }) => slowMs)).toContain(1500));
    expect(chosen().filter(({ slowMs }) => slowMs > 0)).toHaveLength(1);
    expect(await took()).toBeGreaterThan(1400);
    await admin.say({ type: 'switch', name: 'slow', process: one?.id, value: 0 });
    await eventually(() => expect(chosen().every(({ slowMs }) => slowMs === 0)).toBe(true));
    await eventually(async () => expect(await took()).toBeLessThan(1400));
  });

  if (processes > 1) {
    it('let administrators kill one process, show it gone, and then the one in its place', async () => {
      const admin = await watching('admin');
      await eventually(() => expect(seen(admin).processes).toHaveLength(processes));
      const victim = seen(admin).processes.find(({ modules }) => modules.includes('payments'));
      await admin.say({ type: 'switch', name: 'kill', process: victim?.id });
      await eventually(
        () => expect(seen(admin).processes.find(({ id }) => id === victim?.id)).toMatchObject({ gone: true }),
        15_000,
      );
      await eventually(() => {
        const living = seen(admin).processes.filter(({ gone, state }) => !gone && state === 'ready');
        expect(living).toHaveLength(processes);
        expect(living.map(({ id }) => id)).not.toContain(victim?.id);
      }, 30_000);
    });
  }
});
