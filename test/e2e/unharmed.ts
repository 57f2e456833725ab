import type { Waybill } from '../harness.js';
import { MODULES, type Stage } from './stage.js';

/** A hash of every table of every module, and how much the gateway's ledger holds. */
export async function fingerprint(waybill: Waybill): Promise<Record<string, string>> {
  const tables = await waybill.sql<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
     WHERE schemaname = ANY($1) AND tablename <> 'migrations'`,
    [MODULES],
  );
  const hashes = tables.map(
    ({ name }) =>
      `SELECT '${name}' AS name, count(*) || ' rows ' || left(md5(coalesce(string_agg(t::text, ' ' ORDER BY t::text), '')), 8) AS print FROM ${name} t`,
  );
  const prints = await waybill.sql<{ name: string; print: string }>(hashes.join(' UNION ALL '));
  const ledger = (await (await fetch(`${waybill.gateway.url}/ledger`)).json()) as { entries: unknown[] };
  return {
    ...Object.fromEntries(prints.map(({ name, print }) => [name, print])),
    'the gateway': `${ledger.entries.length} entries`,
  };
}

/** Runs what must change nothing at all, and finds out whether it did. Tables named in `but` may change. */
export async function unharmed<T>(stage: Stage, work: () => Promise<T>, but: string[] = []): Promise<T> {
  await stage.quiet();
  const before = await fingerprint(stage.waybill);
  const result = await work();
  await stage.quiet();
  const after = await fingerprint(stage.waybill);
  for (const table of but) delete before[table];
  expect(Object.keys(before).length).toBeGreaterThan(20);
  expect(after).toMatchObject(before);
  return result;
}
