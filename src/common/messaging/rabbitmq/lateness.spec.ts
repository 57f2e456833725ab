import { Lateness } from './lateness.js';

/** Both clocks begin anywhere: here a quarter of an hour apart. */
const APART = 900_000;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

describe('Lateness', () => {
  let lateness: Lateness;
  beforeEach(() => {
    lateness = new Lateness();
  });

  /** A message sent at that time of the sender's, in milliseconds, that is so long under way. */
  const late = (sentAt: number, underWay = 1, apart = APART) =>
    lateness.of('a', sentAt, sentAt + apart + underWay);

  it.each([APART, -APART, 0])('is told by clocks that are %i ms apart', (apart) => {
    expect(late(0, 1, apart)).toBe(0);
    expect(late(10, 3, apart)).toBe(2);
    expect(late(20, 5001, apart)).toBe(5000);
    expect(late(30, 1, apart)).toBe(0);
  });

  it('is told of each sender by its own clock', () => {
    late(0);
    expect(lateness.of('b', 7_000_000, 0)).toBe(0);
    expect(late(10, 2)).toBe(1);
  });

  it('is none for a clock that drifts a second a day, busy or idle', () => {
    const day = 24 * HOUR;
    let apart = APART;
    for (let now = 0; now < day; now += MINUTE) {
      expect(late(now, 1, apart)).toBeLessThan(SECOND);
      apart += SECOND * (MINUTE / day);
    }
    expect(late(10 * day, 1, apart + 10 * SECOND)).toBe(0);
  });

  it('is seen after a minute in which the receiver stood still', () => {
    for (let now = 0; now < MINUTE; now += SECOND) late(now);
    const resumed = 2 * MINUTE + APART;
    for (let sentAt = MINUTE; sentAt < MINUTE + 15 * SECOND; sentAt += 100)
      expect(lateness.of('a', sentAt, resumed + sentAt / 1000)).toBeGreaterThan(40 * SECOND);
    expect(late(2 * MINUTE, 1)).toBe(0);
  });

  it('is seen after a quiet time', () => {
    late(0);
    expect(late(30 * MINUTE, 5001)).toBe(5000);
  });

  it('is forgiven within half a minute to a sender whose clock stood still', () => {
    for (let now = 0; now < MINUTE; now += SECOND) late(now);
    const paused = APART + MINUTE;
    expect(late(MINUTE, 1, paused)).toBe(MINUTE);
    const after = [];
    for (let now = MINUTE; now < MINUTE + 30 * SECOND; now += SECOND) after.push(late(now, 1, paused));
    expect(after.at(-1)).toBe(0);
  });
});
