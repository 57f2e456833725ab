import { Injectable } from '@nestjs/common';
import type { Sql } from '../../../common/persistence/unit-of-work.js';
import type { MovementDto, StockDto } from '../inventory.dto.js';

interface LevelRow {
  sku: string;
  threshold: number;
  warehouse: string | null;
  on_hand: number | null;
  reserved: number | null;
}

export interface StockSearch {
  after?: string | undefined;
  /** A part of the SKU. */
  part?: string | undefined;
  warehouse?: string | undefined;
  low?: boolean | undefined;
}

interface MovementRow {
  id: string;
  sku: string;
  warehouse: string;
  kind: MovementDto['kind'];
  on_hand_delta: number;
  reserved_delta: number;
  reason: string;
  actor: string;
  order_id: string | null;
  at: Date;
  trace_id: string | null;
}

/** Stock and its history as people see them. */
@Injectable()
export class StockReader {
  async one(sql: Sql, sku: string): Promise<StockDto | undefined> {
    const rows = await sql.rows<LevelRow>(
      `SELECT i.sku, i.low_stock_threshold AS threshold, s.warehouse, s.on_hand, s.reserved
       FROM stock_items i LEFT JOIN stock s ON s.sku = i.sku WHERE i.sku = $1 ORDER BY s.warehouse`,
      [sku],
    );
    return toStock(rows)[0];
  }

  /** What can be had of the SKUs that are known. */
  async availability(
    sql: Sql,
    skus: readonly string[],
  ): Promise<Map<string, Pick<StockDto, 'sku' | 'available'>>> {
    const rows = await sql.rows<{ sku: string; available: number }>(
      `SELECT i.sku, coalesce(sum(s.on_hand - s.reserved), 0)::float8 AS available
       FROM stock_items i LEFT JOIN stock s ON s.sku = i.sku WHERE i.sku = ANY($1::text[]) GROUP BY i.sku`,
      [[...new Set(skus)]],
    );
    return new Map(rows.map((row) => [row.sku, row]));
  }

  /** Items by SKU, at most `limit`. */
  async search(sql: Sql, { after, part, warehouse, low }: StockSearch, limit: number): Promise<StockDto[]> {
    const rows = await sql.rows<LevelRow>(
      `SELECT i.sku, i.low_stock_threshold AS threshold, s.warehouse, s.on_hand, s.reserved
       FROM (SELECT sku, low_stock_threshold FROM stock_items AS item
             WHERE ($1::text IS NULL OR sku > $1) AND ($2::text IS NULL OR strpos(sku, $2) > 0)
               AND ($3::text IS NULL OR EXISTS (SELECT 1 FROM stock w WHERE w.sku = item.sku AND w.warehouse = $3))
               AND ($4::boolean IS NULL OR low = $4)
             ORDER BY sku LIMIT $5) AS i
       LEFT JOIN stock s ON s.sku = i.sku ORDER BY i.sku, s.warehouse`,
      [after ?? null, part ?? null, warehouse ?? null, low ?? null, limit],
    );
    return toStock(rows);
  }

  /** The newest first, from before the movement `before`. */
  async movements(
    sql: Sql,
    { sku, orderId }: { sku?: string | undefined; orderId?: string | undefined },
    before: string | undefined,
    limit: number,
  ): Promise<MovementDto[]> {
    const rows = await sql.rows<MovementRow>(
      `SELECT id, sku, warehouse, kind, on_hand_delta, reserved_delta, reason, actor, order_id, at, trace_id
       FROM movements WHERE ($1::text IS NULL OR sku = $1) AND ($2::uuid IS NULL OR order_id = $2)
         AND ($3::uuid IS NULL OR id < $3) ORDER BY id DESC LIMIT $4`,
      [sku ?? null, orderId ?? null, before ?? null, limit],
    );
    return rows.map(({ on_hand_delta, reserved_delta, order_id, at, trace_id, ...rest }) => ({
      ...rest,
      onHandDelta: on_hand_delta,
      reservedDelta: reserved_delta,
      orderId: order_id,
      at: at.toISOString(),
      traceId: trace_id,
    }));
  }
}

/** Rows come in order of their SKU, one a warehouse; an item in no warehouse has one row without. */
function toStock(rows: readonly LevelRow[]): StockDto[] {
  const bySku = new Map<string, StockDto>();
  for (const { sku, threshold, warehouse, on_hand, reserved } of rows) {
    const stock = bySku.get(sku) ?? emptyStock(sku, threshold);
    bySku.set(sku, stock);
    if (warehouse === null || on_hand === null || reserved === null) continue;
    stock.warehouses.push({ warehouse, onHand: on_hand, reserved, available: on_hand - reserved });
    stock.onHand += on_hand;
    stock.reserved += reserved;
    stock.available += on_hand - reserved;
  }
  return [...bySku.values()];
}

function emptyStock(sku: string, lowStockThreshold: number): StockDto {
  return { sku, onHand: 0, reserved: 0, available: 0, lowStockThreshold, warehouses: [] };
}
