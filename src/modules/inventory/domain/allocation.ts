/** So many of one thing. */
export interface Line {
  sku: string;
  quantity: number;
}

/** So many of one thing out of one warehouse. */
export interface Allocation extends Line {
  warehouse: string;
}

/** What a warehouse can still give of one thing. */
export interface Level {
  sku: string;
  warehouse: string;
  available: number;
}

/** A line that cannot be had in full. */
export interface Shortage {
  sku: string;
  wanted: number;
  available: number;
}

export type Outcome = { allocations: Allocation[] } | { shortage: Shortage };

/**
 * Serves orders one after the other from what is there: every line of an order or none of it.
 *
 * A line comes whole from one warehouse where possible, from the one with the most of it, so that an order goes
 * out in few parcels and warehouses empty evenly. Otherwise it is split over as few as possible, the fullest
 * first. Ties go by the warehouse's name.
 */
export function allocate(orders: readonly (readonly Line[])[], levels: readonly Level[]): Outcome[] {
  const shelves = new Map<string, Level[]>();
  for (const level of levels) {
    const shelf = shelves.get(level.sku);
    if (shelf) shelf.push({ ...level });
    else shelves.set(level.sku, [{ ...level }]);
  }
  return orders.map((lines) => serve(merge(lines), shelves));
}

/** Lines of the same thing become one; things come in order of their SKU. */
export function merge(lines: readonly Line[]): Line[] {
  const totals = new Map<string, number>();
  for (const { sku, quantity } of lines) totals.set(sku, (totals.get(sku) ?? 0) + quantity);
  return [...totals].map(([sku, quantity]) => ({ sku, quantity })).sort((a, b) => compare(a.sku, b.sku));
}

/** Do allocations, over however many warehouses, make up just these lines? */
export function makeUp(allocations: readonly Allocation[], lines: readonly Line[]): boolean {
  return JSON.stringify(merge(allocations)) === JSON.stringify(merge(lines));
}

function serve(lines: readonly Line[], shelves: ReadonlyMap<string, Level[]>): Outcome {
  for (const { sku, quantity } of lines) {
    const available = (shelves.get(sku) ?? []).reduce((sum, level) => sum + level.available, 0);
    if (available < quantity) return { shortage: { sku, wanted: quantity, available } };
  }
  return { allocations: lines.flatMap((line) => take(line, shelves.get(line.sku) ?? [])) };
}

function take({ sku, quantity }: Line, shelf: Level[]): Allocation[] {
  shelf.sort((a, b) => b.available - a.available || compare(a.warehouse, b.warehouse));
  const taken: Allocation[] = [];
  let left = quantity;
  for (const level of shelf) {
    if (left === 0) break;
    const part = Math.min(left, level.available);
    level.available -= part;
    left -= part;
    taken.push({ sku, warehouse: level.warehouse, quantity: part });
  }
  return taken;
}

/** By code unit, as PostgreSQL's "C" collation orders ASCII. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
