import fc from 'fast-check';
import { allocate, type Level, type Line, merge, type Shortage } from './allocation.js';

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
    fc.assert(
      fc.property(fc.array(anOrder, { maxLength: 12 }), someLevels, (orders, levels) => {
        const left = new Map(levels.map((each) => [shelfOf(each), each.available]));
        const available = (sku: string) =>
          [...left].filter(([shelf]) => shelf.startsWith(`${sku} `)).reduce((sum, [, each]) => sum + each, 0);
        for (const [index, outcome] of allocate(orders, levels).entries()) {
          const wanted = merge(orders[index] ?? []);
          const { shortage, allocations } = { shortage: undefined, allocations: [], ...outcome };
          const short = wanted.filter(({ sku, quantity }) => available(sku) < quantity);
          expect(shortage).toEqual(firstShortage(short, available));
          expect(merge(allocations)).toEqual(short.length > 0 ? [] : wanted);
          for (const part of allocations)
            left.set(shelfOf(part), (left.get(shelfOf(part)) ?? 0) - part.quantity);
          expect(Math.min(0, ...left.values())).toBe(0);
          expect(allocations.every(({ quantity }) => quantity > 0)).toBe(true);
        }
      }),
    );
  });
});

const aSku = fc.constantFrom('A', 'B', 'C');
const anOrder = fc.array(fc.record({ sku: aSku, quantity: fc.integer({ min: 1, max: 8 }) }), {
  minLength: 1,
  maxLength: 5,
});
const someLevels = fc.uniqueArray(
  fc.record({ sku: aSku, warehouse: fc.constantFrom('east', 'main', 'west'), available: fc.nat(12) }),
  { selector: shelfOf },
);

function shelfOf({ sku, warehouse }: { sku: string; warehouse: string }): string {
  return `${sku} ${warehouse}`;
}

function firstShortage([first]: readonly Line[], available: (sku: string) => number): Shortage | undefined {
  return first && { sku: first.sku, wanted: first.quantity, available: available(first.sku) };
}
