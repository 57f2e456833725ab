import { ZodError } from 'zod';
import { Faults } from './faults.js';

describe('Faults', () => {
  const sequence =
    (...values: number[]) =>
    () =>
      values.shift() ?? 0;

  it('strikes nothing while no fault is switched on', () => {
    expect(new Faults().strike('charge')).toBeNull();
  });

  it('strikes at the rate asked for', () => {
    const faults = new Faults(sequence(0.19, 0.2, 0.9));
    faults.add({ kind: 'error', rate: 0.2, status: 429 });
    expect(faults.strike('charge')).toEqual({ kind: 'error', status: 429 });
    expect(faults.strike('charge')).toBeNull();
    expect(faults.strike('charge')).toBeNull();
  });

  it('never strikes at rate 0', () => {
    const faults = new Faults(() => 0);
    faults.add({ kind: 'error', rate: 0 });
    expect(faults.strike('charge')).toBeNull();
  });

  it('strikes only the operation asked for, charges where none is named', () => {
    const faults = new Faults();
    faults.add({ kind: 'timeout' });
    faults.add({ kind: 'slow', on: 'lookup', delayMs: 7 });
    expect(faults.strike('charge')).toEqual({ kind: 'timeout' });
    expect(faults.strike('lookup')).toEqual({ kind: 'slow', delayMs: 7 });
    expect(faults.strike('refund')).toBeNull();
  });

  it('spares lookups from a decline on all', () => {
    const faults = new Faults();
    faults.add({ kind: 'decline', on: 'all' });
    expect(faults.strike('refund')).toEqual({ kind: 'decline' });
    expect(faults.strike('lookup')).toBeNull();
  });

  it('resets before or after the work as the coin falls', () => {
    const faults = new Faults(sequence(0, 0.49, 0, 0.5));
    faults.add({ kind: 'reset' });
    expect(faults.strike('charge')).toEqual({ kind: 'reset', when: 'before' });
    expect(faults.strike('charge')).toEqual({ kind: 'reset', when: 'after' });
  });

  it('ends a fault when its time is over', () => {
    let now = 1_000;
    const faults = new Faults(Math.random, () => now);
    faults.add({ kind: 'timeout', forSeconds: 2 });
    now = 2_999;
    expect(faults.list()).toMatchObject([{ kind: 'timeout', secondsLeft: 1 }]);
    expect(faults.strike('charge')).not.toBeNull();
    now = 3_000;
    expect(faults.strike('charge')).toBeNull();
    expect(faults.list()).toEqual([]);
  });

  it('replaces a fault of the same kind on the same operation', () => {
    const faults = new Faults();
    faults.add({ kind: 'error' });
    faults.add({ kind: 'error', on: 'refund' });
    faults.add({ kind: 'error', status: 500 });
    expect(faults.list().map(({ on, status }) => [on, status])).toEqual([
      ['refund', 503],
      ['charge', 500],
    ]);
    faults.clear();
    expect(faults.list()).toEqual([]);
  });

  it.each([
    [{}],
    [null],
    [{ kind: 'explode' }],
    [{ kind: 'error', rate: 1.1 }],
    [{ kind: 'error', status: 200 }],
    [{ kind: 'slow', delayMs: -1 }],
    [{ kind: 'slow', delayMs: 1e9 }],
    [{ kind: 'slow', forSeconds: 0 }],
    [{ kind: 'slow', forSecond: 5 }],
    [{ kind: 'decline', on: 'lookup' }],
  ])('refuses %j', (input) => {
    expect(() => new Faults().add(input)).toThrow(ZodError);
  });
});
