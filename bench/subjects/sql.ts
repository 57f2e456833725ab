import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { percentiles } from '../load/generator.js';
import { findPgbench, pgbench } from '../sql/pgbench.js';
import { inOneTransaction, PER_STEP } from '../sql/scripts.js';
import { connected } from '../stage/databases.js';
import { cpuOfAll } from '../stage/usage.js';
import { COMPARED_AT, rowName } from './orders.js';
import { type Bench, type Figures, known, type Row, type Subject } from './subject.js';

/** At which bare SQL may be at its best: more clients only wait for each other. */
export const BEST_OF = [64, 32, 16];
const WARM_UP_SECONDS = 1;

/** What the database could do if there were nothing but it. */
export const SQL_SUBJECTS: readonly Subject[] = [
  { name: 'sql-n', measure: (bench) => measure(bench, 'sql-n', PER_STEP) },
  { name: 'sql-1', measure: (bench) => measure(bench, 'sql-1', inOneTransaction(PER_STEP)) },
];

async function measure({ stage, options, step }: Bench, label: string, text: string): Promise<Row[]> {
  const program = findPgbench();
  const folder = mkdtempSync(join(stage.folder, `${label}-`));
  const script = join(folder, 'order.sql');
  writeFileSync(script, text);
  await stage.databases.renew();
  const { url } = stage.databases;
  const run = (clients: number, seconds: number) =>
    pgbench({ program, url, script, clients, seconds, folder, keeper: stage.keeper });
  step(`${label}: warming up`);
  await run(BEST_OF[0] ?? 1, WARM_UP_SECONDS);
  const rows: Row[] = [];
  for (const clients of [COMPARED_AT, ...BEST_OF, 1]) {
    const name = rowName(label, clients);
    step(name);
    rows.push({ name, figures: await observed(url, () => run(clients, options.seconds)) });
  }
  return rows;
}

async function observed(url: string, run: () => ReturnType<typeof pgbench>): Promise<Figures> {
  const admin = await connected(url);
  const wal = async () =>
    (await admin.sql<{ b: number }>("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 AS b"))[0]
      ?.b ?? 0;
  try {
    const [walBefore, cpuBefore] = [await wal(), cpuOfAll()];
    const { perSecond, latencies, failed } = await run();
    const [walAfter, cpuAfter] = [await wal(), cpuOfAll()];
    const { p50, p90, p99 } = percentiles(latencies);
    const done = latencies.length;
    return known({
      rate: perSecond,
      p50,
      p90,
      p99,
      cpu: cpuBefore === null || cpuAfter === null ? null : ((cpuAfter - cpuBefore) * 1000) / done,
      walKib: (walAfter - walBefore) / 1024 / done,
      failed,
    });
  } finally {
    await admin.end();
  }
}
