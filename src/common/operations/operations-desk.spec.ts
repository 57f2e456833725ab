import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { eventually } from '../../../test/eventually.js';
import { newId } from '../ids.js';
import type { Role } from '../security/principal.js';
import { OperationsChannel } from './operations-channel.js';
import { OperationsDesk } from './operations-desk.js';
import type { Report, Snapshot, Thrown } from './operations.schemas.js';

class Eye {
  readonly seen: Snapshot[] = [];
  readonly principal;

  constructor(...roles: Role[]) {
    this.principal = { userId: 'u', sessionId: 's', roles };
  }

  send(text: string): void {
    this.seen.push((JSON.parse(text) as { data: Snapshot }).data);
  }

  get last(): Snapshot {
    const snapshot = this.seen.at(-1);
    if (!snapshot) throw new Error('Nothing was seen yet');
    return snapshot;
  }
}

type Told = Omit<Report, 'process'> & Report['process'];

const report = (changes: Partial<Told> = {}): Report => {
  const { seconds = 60, recentSeconds = 5, series = [], problems = [], ...own } = changes;
  const itself = {
    id: newId(),
    instance: 'host:8001',
    pid: 1,
    modules: ['orders'],
    startedAt: '2026-01-01T00:00:00.000Z',
    state: 'ready' as const,
    failing: {},
    memoryBytes: 1,
    cpu: 0,
    slowMs: 0,
    gauges: [],
    extras: {},
  };
  return {
    process: { ...itself, ...own },
    seconds,
    recentSeconds,
    series,
    problems,
    bounds: { calls: [0.1, 1] },
  };
};

describe('OperationsDesk', () => {
  let channel: OperationsChannel;
  let desk: OperationsDesk;
  let now: number;
  let asked: number;
  let thrown: Thrown[];

  beforeEach(() => {
    channel = new OperationsChannel(null);
    now = Date.parse('2026-01-01T00:00:00Z');
    asked = 0;
    thrown = [];
    channel.hear('asked', z.strictObject({}), () => void (asked += 1));
    channel.hear('switches', z.custom<Thrown>(), (each) => void thrown.push(each));
    desk = new OperationsDesk(channel, true, () => now);
    desk.open();
  });
  afterEach(() => desk.onModuleDestroy());

  const watching = () => {
    const eye = new Eye('staff');
    desk.watch(eye);
    return eye;
  };
  const tell = (...reports: Report[]) => {
    for (const each of reports) channel.say('reports', each);
  };
  /** What is seen the next time. */
  const look = (eye: Eye): Promise<Snapshot> => {
    const before = eye.seen.length;
    return eventually(() => {
      if (eye.seen.length === before) throw new Error('Nothing new was seen');
      return eye.last;
    });
  };

  it('asks nobody, and remembers nothing, while nobody watches', async () => {
    tell(report());
    await sleep(1200);
    expect(asked).toBe(0);
    const eye = watching();
    expect((await look(eye)).processes).toEqual([]);
    desk.unwatch(eye);
    const before = asked;
    await sleep(1200);
    expect(asked).toBe(before);
  });

  it('adds up what several processes tell, and shows each of them', async () => {
    const eye = watching();
    const labels = { service: 'order-service' };
    const series = (count: number, buckets: number[]) => [
      { metric: 'calls', labels, count, recent: 1, buckets },
    ];
    tell(
      report({ series: series(3, [1, 3]) }),
      report({
        instance: 'host:8002',
        series: series(2, [2, 2]),
        state: 'not-ready',
        failing: { broker: 'away' },
      }),
    );
    expect(await look(eye)).toMatchObject({
      alone: true,
      seconds: 60,
      bounds: { calls: [0.1, 1] },
      series: [{ metric: 'calls', labels, count: 5, recent: 2, buckets: [3, 5] }],
      processes: [
        { instance: 'host:8001', state: 'ready', gone: false },
        { instance: 'host:8002', state: 'not-ready', failing: { broker: 'away' }, gone: false },
      ],
    });
  });

  it('shows who is not heard of any more as gone, without what they counted but with what they said last, and then forgets them', async () => {
    const eye = watching();
    const last = { at: '2026-01-01T00:00:01Z', level: 'error' as const, service: 's', text: 'no memory' };
    tell(
      report({
        series: [{ metric: 'calls', labels: {}, count: 1, recent: 1 }],
        problems: [{ ...last, traceId: null, times: 1 }],
      }),
    );
    await look(eye);
    now += 6000;
    expect(await look(eye)).toMatchObject({
      series: [],
      processes: [{ instance: 'host:8001', gone: true }],
      problems: [last],
    });
    now += 60_000;
    expect(await look(eye)).toMatchObject({ processes: [], problems: [] });
  });

  it('puts a process that was started again in the place of the one before', async () => {
    const eye = watching();
    tell(report());
    // Sooner than that could be gone.
    now += 2000;
    const second = report({ startedAt: '2026-01-01T00:00:01.000Z' });
    tell(second);
    const { processes } = await look(eye);
    expect(processes.map(({ id, gone }) => [id, gone])).toEqual([[second.process.id, false]]);
  });

  it('does not miss who has said that it stops', async () => {
    const eye = watching();
    tell(report({ state: 'stopping' }), report({ instance: 'other:1' }));
    now += 2000;
    expect((await look(eye)).processes.map(({ state }) => state)).toEqual(['stopping', 'ready']);
    now += 4000;
    expect((await look(eye)).processes.map(({ instance }) => instance)).toEqual(['other:1']);
  });

  it('keeps no more than a hundred', async () => {
    const eye = watching();
    tell(...Array.from({ length: 130 }, (_, i) => report({ instance: `host:${i}` })));
    expect((await look(eye)).processes).toHaveLength(100);
  });

  it('shows the newest problems first, with where they were', async () => {
    const eye = watching();
    const problem = (at: string) => ({
      at,
      level: 'warn' as const,
      service: 's',
      text: at,
      traceId: null,
      times: 1,
    });
    tell(
      report({ problems: [problem('2026-01-01T00:00:01Z'), problem('2026-01-01T00:00:03Z')] }),
      report({ instance: 'other:1', problems: [problem('2026-01-01T00:00:02Z')] }),
    );
    const { problems } = await look(eye);
    expect(problems.map(({ at, instance }) => [at.slice(17, 19), instance])).toEqual([
      ['03', 'host:8001'],
      ['02', 'other:1'],
      ['01', 'host:8001'],
    ]);
  });

  it('refuses everybody but staff', () => {
    expect(() => desk.watch(new Eye('customer'))).toThrow('staff');
    expect(asked).toBe(0);
  });

  it('passes switches on for administrators only, and only where there are some', () => {
    const on = { name: 'slow', value: 1 };
    expect(() => desk.throwSwitch(new Eye('staff').principal, on)).toThrow('admin');
    const { principal } = new Eye('admin');
    const without = new OperationsDesk(channel, false);
    expect(() => without.throwSwitch(principal, on)).toThrow('LAB_SWITCHES');
    expect(thrown).toEqual([]);
    desk.throwSwitch(principal, on);
    expect(thrown).toEqual([{ ...on, by: 'u' }]);
  });
});
