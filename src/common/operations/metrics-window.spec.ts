import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { MetricsWindow } from './metrics-window.js';

describe('MetricsWindow', () => {
  let registry: Registry;
  let now: number;
  let window: MetricsWindow;
  let requests: Counter;
  let calls: Histogram;

  beforeEach(() => {
    registry = new Registry();
    now = 0;
    const registers = [registry];
    requests = new Counter({
      name: 'requests',
      help: '-',
      labelNames: ['service', 'status', 'path'],
      registers,
    });
    calls = new Histogram({
      name: 'calls',
      help: '-',
      labelNames: ['service'],
      buckets: [0.1, 1],
      registers,
    });
    new Gauge({ name: 'depth', help: '-', labelNames: ['service'], registers }).set({ service: 'a' }, 7);
    window = new MetricsWindow(
      {
        counters: { requests: ['status'], missing: [] },
        histograms: { calls: [] },
        gauges: ['depth', 'gone'],
      },
      registry,
      () => now,
    );
  });

  const seen = async () => (await window.read()).series;
  const count = (status: string, by = 1, path = '/') => requests.inc({ service: 'a', status, path }, by);

  it('tells nothing of what was before it began to look', async () => {
    count('200', 5);
    expect(await window.read()).toMatchObject({ seconds: 0, series: [] });
    now += 2000;
    count('200', 3);
    expect(await window.read()).toMatchObject({
      seconds: 2,
      series: [{ metric: 'requests', labels: { service: 'a', status: '200' }, count: 3, recent: 3 }],
    });
  });

  it('adds up over labels that nobody watches', async () => {
    await seen();
    count('200', 1, '/a');
    count('200', 2, '/b');
    count('500', 4, '/b');
    expect((await seen()).map(({ labels, count: by }) => [labels['status'], by])).toEqual([
      ['500', 4],
      ['200', 3],
    ]);
  });

  it('forgets what is older than a minute, and tells apart what is recent', async () => {
    await seen();
    count('200', 10);
    for (let i = 0; i < 65; i++) {
      now += 1000;
      if (i === 63) count('200', 2);
      await seen();
    }
    expect(await window.read()).toMatchObject({ series: [{ count: 2, recent: 2 }] });
    now += 6000;
    expect((await seen())[0]).toMatchObject({ count: 2, recent: 0 });
  });

  it('begins anew after nobody has looked for some time', async () => {
    await seen();
    count('200', 10);
    now += 9000;
    expect(await window.read()).toMatchObject({ seconds: 9, series: [{ count: 10 }] });
    now += 30_000;
    expect(await window.read()).toMatchObject({ seconds: 0, series: [] });
  });

  it('tells of a histogram how many were how fast', async () => {
    calls.observe({ service: 'a' }, 5);
    await seen();
    for (const seconds of [0.05, 0.5, 0.5, 2]) calls.observe({ service: 'a' }, seconds);
    const { series, bounds } = await window.read();
    expect(bounds).toEqual({ calls: [0.1, 1] });
    expect(series).toEqual([
      { metric: 'calls', labels: { service: 'a' }, count: 4, recent: 4, buckets: [1, 3] },
    ]);
  });

  it('tells gauges as they are', async () => {
    expect((await window.read()).gauges).toEqual([{ metric: 'depth', labels: { service: 'a' }, value: 7 }]);
  });

  it('stays short, with the busiest series', async () => {
    await seen();
    for (let i = 0; i < 300; i++) count(String(i), i + 1);
    const series = await seen();
    expect(series).toHaveLength(150);
    expect(series[0]).toMatchObject({ labels: { status: '299' }, count: 300 });
  });
});
