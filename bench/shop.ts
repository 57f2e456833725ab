import type { Client } from 'pg';
import { HttpClient } from '../test/chaos/http-client.js';

/** What is for sale and who buys it. */
export interface Shop {
  skus: readonly string[];
  /** Access tokens of the buyers, good for an hour. */
  tokens: readonly string[];
  /** The same of a member of staff. */
  staffToken: string;
}

const SKUS = 10_000;
const USERS = 1_000;
/** More than any run can sell. */
const ON_HAND = 100_000_000;
const PASSWORD = 'waybill-bench';
/** Logins under way at once. */
const LANES = 16;

export const skuOf = (n: number) => `BENCH-${String(n).padStart(5, '0')}`;
const emailOf = (n: number) => `buyer${n}@bench.test`;
const STAFF = 'staff@bench.test';

/** Fills an empty Waybill: products, their stock with the movement it came by, and people with a cheap password. */
export async function fillShop(admin: Client, hash: string): Promise<void> {
  await admin.query(
    `INSERT INTO catalog.products (sku, name, description, price_amount, currency, active)
     SELECT 'BENCH-' || lpad(n::text, 5, '0'), 'Thing ' || n, 'For load', 500 + n, 'EUR', true
     FROM generate_series(0, $1 - 1) AS n`,
    [SKUS],
  );
  await admin.query(
    `INSERT INTO inventory.stock_items (sku, low) SELECT sku, false FROM catalog.products WHERE sku LIKE 'BENCH-%'`,
  );
  await admin.query(
    `WITH placed AS (
       INSERT INTO inventory.stock (sku, warehouse, on_hand)
       SELECT sku, 'main', $1 FROM inventory.stock_items WHERE sku LIKE 'BENCH-%' RETURNING sku, warehouse, on_hand)
     INSERT INTO inventory.movements (id, sku, warehouse, kind, on_hand_delta, reserved_delta, reason, actor)
     SELECT uuidv7(), sku, warehouse, 'received', on_hand, 0, 'bench', 'system' FROM placed`,
    [ON_HAND],
  );
  await admin.query(
    `INSERT INTO users.users (id, email, name, roles, password_hash)
     SELECT uuidv7(), 'buyer' || n || '@bench.test', 'Buyer ' || n, ARRAY['customer'], $2
     FROM generate_series(0, $1 - 1) AS n
     UNION ALL SELECT uuidv7(), $3, 'Staff', ARRAY['staff'], $2`,
    [USERS, hash, STAFF],
  );
  await admin.query('VACUUM ANALYZE');
}

export { PASSWORD };

/** Logs everybody in. */
export async function openShop(url: string): Promise<Shop> {
  const client = new HttpClient(url);
  const tokens: string[] = [];
  const logIn = async (first: number) => {
    for (let n = first; n < USERS; n += LANES) tokens[n] = await client.login(emailOf(n), PASSWORD);
  };
  try {
    await Promise.all(Array.from({ length: LANES }, (_, first) => logIn(first)));
    const staffToken = await client.login(STAFF, PASSWORD);
    return { skus: Array.from({ length: SKUS }, (_, n) => skuOf(n)), tokens, staffToken };
  } finally {
    client.close();
  }
}
