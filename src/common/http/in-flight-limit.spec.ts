import { InFlightLimit } from './in-flight-limit.js';

const enter = (limit: InFlightLimit) => (limit.refuses() ? null : limit.enter());

describe('a limit of what is in flight', () => {
  let now = 0;
  let chance = 0;
  const aLimit = (ceiling = 100, targetMs = 500) =>
    new InFlightLimit({ ceiling, targetMs, now: () => now, random: () => chance });

  beforeEach(() => {
    now = 0;
    chance = 0;
  });

  /** Lets `count` in at once, has them take `ms`, and tells whether they succeeded. */
  function work(limit: InFlightLimit, { count = 1, ms, succeeded = true }: Work): void {
    const leave = Array.from({ length: count }, () => enter(limit));
    now += ms;
    for (const each of leave) each?.(succeeded);
  }

  interface Work {
    count?: number;
    ms: number;
    succeeded?: boolean;
  }

  it('lets in so many and refuses the rest until one is over', () => {
    const limit = aLimit(2);
    const first = enter(limit);
    enter(limit);
    expect([first !== null, enter(limit), limit.inFlight]).toEqual([true, null, 2]);
    first?.(true);
    expect([enter(limit) !== null, enter(limit)]).toEqual([true, null]);
  });

  it('counts an end that is told twice once', () => {
    const limit = aLimit(2);
    const first = enter(limit);
    enter(limit);
    first?.(true);
    first?.(false);
    expect(limit.inFlight).toBe(1);
  });

  it('lets nobody past its ceiling who was not refused before, and counts them as refused', () => {
    const limit = aLimit(2);
    const [first] = [limit.enter(), limit.enter()];
    expect([limit.enter(), limit.enter(), limit.inFlight]).toEqual([null, null, 2]);
    now += 1000;
    limit.refuses();
    chance = 0.999;
    expect(limit.retryAfter()).toBe(2);
    first?.(true);
    expect(limit.enter()).not.toBeNull();
  });

  it('lets those in who come to a bound that has shrunk behind them', () => {
    const limit = aLimit();
    work(limit, { count: 50, ms: 60_000 });
    limit.refuses();
    expect(limit.limit).toBe(50);
    const entered = Array.from({ length: 101 }, () => limit.enter());
    expect(entered.filter((each) => each !== null)).toHaveLength(100);
  });

  it('stays at its ceiling while work takes no longer than it should', () => {
    const limit = aLimit();
    for (let round = 0; round < 10; round++) work(limit, { count: 100, ms: 500 });
    expect(limit.limit).toBe(100);
  });

  it('shrinks in proportion when work takes longer on average', () => {
    const limit = aLimit();
    work(limit, { count: 100, ms: 1000 / 1.5 });
    now += 1000;
    enter(limit);
    expect(limit.limit).toBe(75);
  });

  it('moves once a window, by half at most', () => {
    const limit = aLimit();
    work(limit, { count: 100, ms: 60_000 });
    for (let more = 0; more < 50; more++) enter(limit);
    expect(limit.limit).toBe(50);
  });

  it('keeps a tenth, however slow the work is', () => {
    const limit = aLimit();
    for (let round = 0; round < 20; round++) work(limit, { ms: 60_000 });
    expect(limit.limit).toBe(10);
  });

  it('grows back to its ceiling when work is fast again', () => {
    const limit = aLimit();
    for (let round = 0; round < 20; round++) work(limit, { ms: 60_000 });
    for (let round = 0; round < 3; round++) work(limit, { ms: 1, count: 5 });
    expect(limit.limit).toBeLessThan(13);
    for (let round = 0; round < 30; round++, now += 1000) work(limit, { ms: 1 });
    expect(limit.limit).toBe(100);
  });

  it('learns nothing from what failed, nor from a time in which nothing was done', () => {
    const limit = aLimit();
    for (let round = 0; round < 5; round++) work(limit, { count: 10, ms: 30_000, succeeded: false });
    now += 3_600_000;
    enter(limit);
    expect(limit.limit).toBe(100);
  });

  it('sends away for longer the more it refuses, and not all for the same time', () => {
    const limit = aLimit(1);
    expect(limit.retryAfter()).toBe(1);
    enter(limit);
    for (let more = 0; more < 4; more++) enter(limit);
    now += 1000;
    enter(limit);
    chance = 0.999;
    expect(limit.retryAfter()).toBe(5);
    chance = 0;
    expect(limit.retryAfter()).toBe(1);
  });

  it('sends nobody away for longer than ten seconds', () => {
    const limit = aLimit(1);
    enter(limit);
    for (let more = 0; more < 1000; more++) enter(limit);
    now += 1000;
    enter(limit);
    chance = 0.999;
    expect(limit.retryAfter()).toBe(10);
  });
});
