import { createHash } from 'node:crypto';
import type { Waybill } from '../harness.js';
import { MODULES, type Stage } from './stage.js';

/** A hash of every table of every module, and how much the gateway's ledger holds. */
export async function fingerprint(waybill: Waybill): Promise<Record<string, string>> {
  const tables = await waybill.sql<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
     WHERE schemaname = ANY($1) AND tablename <> 'migrations' ORDER BY name`,
    [MODULES],
  );
  const prints: Record<string, string> = {};
  for (const { name } of tables) {
    const rows = await waybill.sql<{ row: string }>(`SELECT t::text AS row FROM ${name} t ORDER BY 1`);
    const hash = createHash('sha256').update(rows.map(({ row }) => row).join('\n'));
    prints[name] = `${rows.length} rows ${hash.digest('hex').slice(0, 8)}`;
  }
  const ledger = (await (await fetch(`${waybill.gateway.url}/ledger`)).json()) as { entries: unknown[] };
  return { ...prints, 'the gateway': `${ledger.entries.length} entries` };
}

/** Runs what must change nothing at all, and finds out whether it did. Tables named in `but` may change. */
export async function unharmed<T>(stage: Stage, work: () => Promise<T>, but: string[] = []): Promise<T> {
  await stage.quiet();
  const before = await fingerprint(stage.waybill);
  const result = await work();
  await stage.quiet();
  const after = await fingerprint(stage.waybill);
  for (const table of but) delete before[table];
  expect(after).toMatchObject(before);
  return result;
}
