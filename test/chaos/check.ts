import { parseArgs } from 'node:util';
import { Client } from 'pg';
import type { LedgerEntry } from '../../src/mock-gateway/ledger.js';
import { type BrokerOptions, lookAtBroker, stirringAt } from './broker-view.js';
import { check, report } from './checker.js';
import { type Evidence, ledgerOf, readLines, type Sighting } from './evidence.js';
import { untilSettled } from './settling.js';

const HELP = `Checks that a Waybill at rest lost nothing, sold nothing twice and charged nobody twice.

  --database URL          its PostgreSQL, as a superuser (or DATABASE_URL)
  --gateway URL           the mock gateway, for its ledger; or
  --ledger FILE           the ledger itself
  --acknowledgements FILE what the driver was told, a line of JSON each; without it I0 and I1 are not asked
  --rabbitmq URL          its RabbitMQ, when it has one; without it I16 is not asked
  --replicas MODULE=N     how many processes host a module, where it is not one; as often as needed
  --wait SECONDS          how long it may take to come to rest (default 30)

Exit code: 0 all is well, 1 something is violated, 2 it cannot be told (inconclusive, or it could not be looked at).
`;

interface Options {
  database: string;
  gateway: string | undefined;
  ledger: string | undefined;
  acknowledgements: string | undefined;
  rabbitmq: BrokerOptions | undefined;
  waitMs: number;
}

const REPLICAS = /^([a-z]+)=(\d{1,3})$/;

function readOptions(): Options | null {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      database: text,
      gateway: text,
      ledger: text,
      acknowledgements: text,
      rabbitmq: text,
      replicas: { ...text, multiple: true, default: [] },
      wait: text,
      help: { type: 'boolean' },
    },
  });
  const {
    database = process.env['DATABASE_URL'],
    gateway,
    ledger,
    acknowledgements,
    rabbitmq: url,
    replicas: counts,
    wait = '30',
    help,
  } = values;
  if (help || !database || (gateway === undefined) === (ledger === undefined) || !(Number(wait) >= 0))
    return null;
  if (!counts.every((each) => REPLICAS.test(each))) return null;
  const replicas = Object.fromEntries(
    counts.map((each) => each.split('=')).map(([module = '', n]) => [module, Number(n)]),
  );
  const rabbitmq = url === undefined ? undefined : { url, replicas };
  return { database, gateway, ledger, acknowledgements, rabbitmq, waitMs: Number(wait) * 1000 };
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function main(): Promise<number> {
  const options = readOptions();
  if (!options) {
    process.stderr.write(HELP);
    return 2;
  }
  const client = new Client({ connectionString: options.database, connectionTimeoutMillis: 5000 });
  await client.connect();
  try {
    const sql: Evidence['sql'] = async (text, values) => (await client.query(text, values)).rows;
    const { rabbitmq } = options;
    await untilSettled(sql, options.waitMs, rabbitmq && (() => stirringAt(rabbitmq))).catch(
      (error: unknown) => process.stdout.write(`${wordsOf(error)}\n`),
    );
    const ledger = options.gateway
      ? await ledgerOf(options.gateway)
      : await readLines<LedgerEntry>(options.ledger ?? '');
    const sightings = options.acknowledgements ? await readLines<Sighting>(options.acknowledgements) : null;
    const broker = rabbitmq && (await lookAtBroker(rabbitmq));
    const findings = await check({ sql, ledger, sightings, ...(broker && { broker }) });
    process.stdout.write(`${report(findings)}\n`);
    if (findings.some(({ state }) => state === 'VIOLATED')) return 1;
    return findings.some(({ state }) => state === 'inconclusive') ? 2 : 0;
  } finally {
    await client.end();
  }
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`The check could not be made: ${wordsOf(error)}\n`);
    process.exitCode = 2;
  },
);
