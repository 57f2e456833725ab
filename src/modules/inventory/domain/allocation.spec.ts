import fc from 'fast-check';
import { allocate, type Level, type Line, merge } from './allocation.js';

const level = (sku: string, warehouse: string, available: number): Level => ({ sku, warehouse, available });
const line = (sku: string, quantity: number): Line => ({ sku, quantity });

describe('allocation', () => {
  it('takes a line whole from the warehouse that has the most', () => {
    const [outcome] = allocate([[line('MUG', 3)]], [level('MUG', 'east', 4), level('MUG', 'main', 9)]);
    expect(outcome).toEqual({ allocations: [{ sku: 'MUG', warehouse: 'main', quantity: 3 }] });
  });

  it('goes by the name of the warehouse when both have as much', () => {
    const [outcome] = allocate([[line('MUG', 3)]], [level('MUG', 'main', 5), level('MUG', 'east', 5)]);
    expect(outcome).toEqual({ allocations: [{ sku: 'MUG', warehouse: 'east', quantity: 3 }] });
  });

  it('splits a line that no warehouse has whole, the fullest first', () => {
    const levels = [level('MUG', 'a', 1), level('MUG', 'b', 5), level('MUG', 'c', 4)];
    const [outcome] = allocate([[line('MUG', 7)]], levels);
    expect(outcome).toEqual({
      allocations: [
        { sku: 'MUG', warehouse: 'b', quantity: 5 },
        { sku: 'MUG', warehouse: 'c', quantity: 2 },
      ],
    });
  });

  it('takes nothing of an order that cannot be had in full, and says what is short', () => {
    const levels = [level('MUG', 'main', 5), level('TEE', 'main', 1)];
    expect(allocate([[line('MUG', 5), line('TEE', 2)], [line('MUG', 5)]], levels)).toEqual([
      { shortage: { sku: 'TEE', wanted: 2, available: 1 } },
      { allocations: [{ sku: 'MUG', warehouse: 'main', quantity: 5 }] },
    ]);
  });

  it('counts lines of the same SKU together', () => {
    expect(allocate([[line('MUG', 3), line('MUG', 3)]], [level('MUG', 'main', 5)])).toEqual([
      { shortage: { sku: 'MUG', wanted: 6, available: 5 } },
    ]);
  });

  it('has nothing of a SKU that is kept nowhere', () => {
    expect(allocate([[line('MUG', 1)]], [])).toEqual([{ shortage: { sku: 'MUG', wanted: 1, available: 0 } }]);
  });

  it('never oversells, serves all or none, and refuses only what is short at its turn', () => {
    const sku = fc.constantFrom('A', 'B', 'C');
    const levels = fc.uniqueArray(
      fc.record({ sku, warehouse: fc.constantFrom('east', 'main', 'west'), available: fc.nat(12) }),
      { selector: (each) => `${each.sku} ${each.warehouse}` },
    );
    const orders = fc.array(fc.array(fc.record({ sku, quantity: fc.integer({ min: 1, max: 8 }) }), { minLength: 1, maxLength: 5 }), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(orders, levels, (wanted, before) => {
        const left = new Map(before.map((each) => [`${each.sku} ${each.warehouse}`, each.available]));
        const available = (name: string) =>
          [...left].filter(([key]) => key.startsWith(`${name} `)).reduce((sum, [, each]) => sum + each, 0);
        for (const [index, outcome] of allocate(wanted, before).entries()) {
          const lines = merge(wanted[index] ?? []);
          if ('shortage' in outcome) {
            const { shortage } = outcome;
            expect(available(shortage.sku)).toBe(shortage.available);
            expect(shortage.available).toBeLessThan(shortage.wanted);
            expect(lines).toContainEqual({ sku: shortage.sku, quantity: shortage.wanted });
            continue;
          }
          expect(merge(outcome.allocations)).toEqual(lines);
          for (const part of outcome.allocations) {
            const key = `${part.sku} ${part.warehouse}`;
            expect(part.quantity).toBeGreaterThan(0);
            left.set(key, (left.get(key) ?? 0) - part.quantity);
            expect(left.get(key)).toBeGreaterThanOrEqual(0);
          }
        }
      }),
    );
  });
});
