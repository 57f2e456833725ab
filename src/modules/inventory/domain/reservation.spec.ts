import { onConfirmed, onExpiry, onRelease, onReserve, type ReservationStatus } from './reservation.js';

const known = (status: ReservationStatus, closed = false) => ({ status, closed });

describe('a reservation', () => {
  it.each([
    [undefined, 'take', 'bar', 'take afresh'],
    [known('held'), 'answer again', 'free', 'commit'],
    [known('committed'), 'answer again', 'restock', 'nothing'],
    [known('released'), 'closed', 'nothing', 'take afresh'],
    [known('restocked'), 'closed', 'nothing', 'nothing'],
    [known('refused'), 'refuse again', 'nothing', 'take afresh'],
    [known('released', true), 'closed', 'nothing', 'nothing'],
    [known('refused', true), 'refuse again', 'nothing', 'nothing'],
  ])('%o: reserve means %s, release means %s, confirmed means %s', (state, reserve, release, confirmed) => {
    expect(onReserve(state)).toBe(reserve);
    expect(onRelease(state)).toBe(release);
    expect(onConfirmed(state)).toBe(confirmed);
  });

  it.each([
    ['pending', 'keep'],
    ['confirmed', 'keep'],
    ['processing', 'keep'],
    ['shipped', 'keep'],
    ['delivered', 'keep'],
    ['failed', 'release'],
    ['cancelled', 'release'],
    [undefined, 'release'],
  ])('whose order is %s, expires by: %s', (status, expected) => {
    expect(onExpiry(status)).toBe(expected);
  });
});
