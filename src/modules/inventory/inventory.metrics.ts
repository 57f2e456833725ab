import { isRefusal } from '../../common/errors/common.errors.js';
import type { OutboxEvent } from '../../common/messaging/outbox.js';
import { measureRequests } from '../../common/http/request-metrics.hook.js';
import type { UnitOfWork } from '../../common/persistence/unit-of-work.js';
import { GaugePoll, shown } from '../../common/telemetry/gauge-poll.js';
import { counter, gauge, histogram } from '../../common/telemetry/instruments.js';
import { EXPIRED } from './domain/reservation.js';
import { InventoryEvents } from './inventory.contract.js';

/** Each SKU is a series for each warehouse. */
const MOST_SKUS = 200;
const MOST_WAREHOUSES = 20;

const stockLevel = gauge({
  name: 'inventory_stock_level',
  help: 'Units that can be had: the first 200 SKUs by name, and all others together',
  labels: ['sku', 'warehouse'],
});
const lowStockItems = gauge({
  name: 'inventory_low_stock_items',
  help: 'SKUs at or under their low-stock threshold',
});
const reservations = counter({
  name: 'inventory_reservations_total',
  help: 'What became of reservations: reserved, out_of_stock, refused, released, committed, expired',
  labels: ['outcome'],
  startsAtZero: {
    module: 'inventory',
    labels: ['reserved', 'out_of_stock', 'refused', 'released', 'committed', 'expired'].map((outcome) => ({
      outcome,
    })),
  },
});
const requests = counter({
  name: 'inventory_requests_total',
  help: 'REST requests to inventory by their HTTP status',
  labels: ['status'],
});
const operations = histogram({
  name: 'inventory_operations_duration_seconds',
  help: 'Changes of stock, the wait for their shared transaction included',
  labels: ['operation'],
});

measureRequests('inventory', ({ status }) => requests.inc({ status }));

export type Operation = 'reserve' | 'release' | 'commit' | 'adjust';

/** Times a change of stock. */
export function timed<T>(operation: Operation, change: () => Promise<T>): Promise<T> {
  return operations.time(() => ({ operation }), change);
}

/** Counts what a committed transaction has changed: a repetition that changed nothing has written no event. */
export function countChanges(events: readonly OutboxEvent[]): void {
  for (const { name, payload } of events) {
    const { reason } = payload as { reason?: string };
    const outcome = name === InventoryEvents.released.name && reason === EXPIRED ? 'expired' : OUTCOMES[name];
    if (outcome) reservations.inc({ outcome });
  }
}

const OUTCOMES: Readonly<Record<string, string>> = {
  [InventoryEvents.reserved.name]: 'reserved',
  [InventoryEvents.released.name]: 'released',
  [InventoryEvents.committed.name]: 'committed',
};

/** Times an attempt to reserve, and counts it when it is refused. */
export async function reserving<T>(reserve: () => Promise<T>): Promise<T> {
  try {
    return await timed('reserve', reserve);
  } catch (error) {
    // Not of the request, such as a key that was used for another.
    if (isRefusal(error) && error.code.startsWith('INVENTORY.'))
      reservations.inc({ outcome: error.code === 'INVENTORY.OUT_OF_STOCK' ? 'out_of_stock' : 'refused' });
    throw error;
  }
}

interface StockState {
  levels: { sku: string; warehouse: string; available: number }[];
  low: number;
}

export function stockGauges(uow: UnitOfWork): GaugePoll<StockState> {
  return new GaugePoll({
    name: 'gauges of stock',
    module: 'inventory',
    read: async () => {
      const levels = await uow.rows<StockState['levels'][number]>(
        `WITH named AS (SELECT sku FROM stock_items ORDER BY sku LIMIT $1),
           houses AS (SELECT DISTINCT warehouse FROM stock ORDER BY warehouse LIMIT $2)
         SELECT coalesce(n.sku, 'other') AS sku, coalesce(h.warehouse, 'other') AS warehouse,
           sum(s.on_hand - s.reserved)::float8 AS available
         FROM stock s LEFT JOIN named n ON n.sku = s.sku LEFT JOIN houses h ON h.warehouse = s.warehouse
         GROUP BY 1, 2`,
        [MOST_SKUS, MOST_WAREHOUSES],
      );
      const [row] = await uow.rows<{ low: number }>(
        'SELECT count(*)::float8 AS low FROM stock_items WHERE low',
      );
      return { levels, low: row?.low ?? 0 };
    },
    gauges: [
      shown(stockLevel, ({ levels }) =>
        levels.map(({ sku, warehouse, available }) => [{ sku, warehouse }, available] as const),
      ),
      shown(lowStockItems, ({ low }) => [[{}, low]]),
    ],
  });
}
