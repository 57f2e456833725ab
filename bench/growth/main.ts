import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { grow } from './grow.js';
import { openStore } from './store.js';

const HELP = `Fills a store with finished orders, to measure on.

  --folder DIR     an embedded PostgreSQL there, made when missing; or
  --database URL   one that runs, as its superuser
  --orders N       how many (default 10000000: about 4 KB each)
  --events N       of how many of them, the newest, the events are kept too (default 200000: about 7 KB each)
`;

const { values } = parseArgs({
  options: {
    folder: { type: 'string' },
    database: { type: 'string' },
    orders: { type: 'string', default: '10000000' },
    events: { type: 'string', default: '200000' },
  },
});
const say = (line: string) => process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const { folder, database } = values;
  const [orders, withEvents] = [Number(values.orders), Number(values.events)];
  const place = folder !== undefined ? { folder } : database !== undefined ? { url: database } : null;
  if (!place || !(orders > 0) || !(withEvents >= 0)) {
    process.stderr.write(HELP);
    process.exitCode = 2;
    return;
  }
  const store = await openStore(place);
  try {
    await grow(store.admin, { orders, withEvents, log: say });
    const { rows } = await store.admin.query<{ size: string }>(
      'SELECT pg_size_pretty(pg_database_size(current_database())) AS size',
    );
    say(`The database takes ${rows[0]?.size}`);
  } finally {
    await store.close();
  }
}

void main();
