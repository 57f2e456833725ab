import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { percentiles } from '../load/generator.js';
import { findPgbench, pgbench, type PgbenchResult } from '../sql/pgbench.js';
import { inOneTransaction, PER_STEP } from '../sql/scripts.js';
import { connected, walBytes } from '../stage/databases.js';
import type { Stage } from '../stage/stage.js';
import { cpuOfAll, cpuOfFamily, millisecondsEach } from '../stage/usage.js';
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
  const { url } = stage.server;
  const run = (clients: number, seconds: number) =>
    pgbench({ program, url, script, clients, seconds, folder, keeper: stage.keeper });
  step(`${label}: warming up`);
  await run(BEST_OF[0] ?? 1, WARM_UP_SECONDS);
  const rows: Row[] = [];
  for (const clients of [COMPARED_AT, ...BEST_OF, 1]) {
    const name = rowName(label, clients);
    step(name);
    rows.push({ name, figures: await observed(stage, () => run(clients, options.seconds)) });
  }
  return rows;
}

async function observed({ server }: Stage, run: () => Promise<PgbenchResult>): Promise<Figures> {
  const admin = await connected(server.url);
  const meter = async () => ({
    wal: await walBytes(admin.sql),
    postgres: cpuOfFamily(server.postmaster()),
    all: cpuOfAll(),
  });
  try {
    const before = await meter();
    const { perSecond, latencies, failed } = await run();
    const after = await meter();
    const done = latencies.length;
    const { p50, p90, p99 } = percentiles(latencies);
    return known({
      rate: perSecond,
      p50,
      p90,
      p99,
      cpu: millisecondsEach(before.all, after.all, done),
      cpuPostgres: millisecondsEach(before.postgres, after.postgres, done),
      walKib: (after.wal - before.wal) / 1024 / done,
      failed,
    });
  } finally {
    await admin.end();
  }
}
