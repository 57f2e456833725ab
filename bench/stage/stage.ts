import { hash } from '@node-rs/argon2';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Keeper } from '../../lab/keeper.js';
import { findServices, type Services } from '../../lab/services/find-services.js';
import { environment } from '../../src/common/config/environment.js';
import { temporaryFolder } from '../../test/folder.js';
import { Load } from '../load/load.js';
import { fillShop, openShop, PASSWORD, type Shop } from '../shop.js';
import { Belongings } from './belongings.js';
import { Databases } from './databases.js';
import { Run, type Setup } from './run.js';
import { type Server, startServer } from './server.js';
import { type Sink, startSink } from './sink.js';

/** At least a thousand orders come of it. */
const FIRST_BUYERS = 64;
const FIRST_SECONDS = 6;
/** Orders from which on a store counts as grown. */
const MANY = 1_000_000;
/** What it costs to hash a password; nobody logs in while something is measured. */
const CHEAP = { memoryCost: 64, timeCost: 2, parallelism: 1 };

/** What stays while subjects come and go: PostgreSQL, the collector, the load generator, a broker once it is needed. */
export class Stage {
  readonly databases: Databases;
  private services: Promise<Services> | null = null;
  private runs = 0;
  private current: Shop | null = null;

  private constructor(
    readonly folder: string,
    readonly keeper: Keeper,
    readonly server: Server,
    /** The other server, with the store that has grown; null where none was named. */
    private readonly grown: Server | null,
    readonly sink: Sink,
    readonly load: Load,
    private readonly belongings: Belongings,
    readonly say: (line: string) => void,
  ) {
    this.databases = new Databases(server.url);
  }

  /** `grown` is the folder of a store that `bench/growth` has filled. */
  static async open(
    belongings: Belongings,
    say: (line: string) => void,
    grown: string | null,
  ): Promise<Stage> {
    const folder = await temporaryFolder('bench');
    await belongings.add(() => rm(folder, { recursive: true, force: true }));
    const keeper = new Keeper();
    await belongings.add(() => keeper.close());
    const server = await startServer(join(folder, 'postgres'), keeper, belongings);
    const other = grown === null ? null : await startServer(grown, keeper, belongings);
    const sink = await startSink(keeper);
    await belongings.add(() => sink.stop());
    const load = await Load.start();
    await belongings.add(() => load.stop());
    return new Stage(folder, keeper, server, other, sink, load, belongings, say);
  }

  /** Good for an hour after the last `prepare`. */
  get shop(): Shop {
    if (!this.current) throw new Error('Nothing is prepared');
    return this.current;
  }

  /** Makes the database that all runs begin with, or only new access tokens when it is there. */
  async prepare(): Promise<void> {
    if (this.current) await this.databases.renew();
    await this.using({ telemetry: false }, this.server, async (run) => {
      const isFirst = this.current === null;
      if (isFirst) await fillShop(run.admin.client, await hash(PASSWORD, CHEAP));
      this.current = await openShop(run.waybill.usersUrl);
      if (isFirst) await this.placeFirstOrders(run, this.current);
      await run.admin.sql('VACUUM ANALYZE');
    });
    await this.databases.keep();
  }

  /**
   * On an empty table PostgreSQL plans to read all of it, and keeps to such a plan for as long as a connection lives.
   * No shop that has customers has empty tables.
   */
  private async placeFirstOrders(run: Run, { tokens, skus }: Shop): Promise<void> {
    await this.load.run({
      url: run.waybill.url,
      traffic: { kind: 'orders', tokens, skus, seed: 0 },
      arrivals: { connections: FIRST_BUYERS },
      seconds: FIRST_SECONDS,
    });
    await run.settled();
    await copyFile(run.ledger, this.firstLedger);
  }

  /** What the gateway knows of the orders that are there from the beginning. */
  get firstLedger(): string {
    return join(this.folder, 'first-ledger.jsonl');
  }

  /** A Waybill on a database of its own, for as long as `use` takes; then all that it left behind is looked at. */
  async run<T>(setup: Setup, use: (run: Run) => Promise<T>): Promise<T> {
    await this.databases.renew();
    return this.using(setup, this.server, async (run) => {
      const result = await use(run);
      await run.check();
      return result;
    });
  }

  /** A Waybill on the store that has grown. It is too large to be copied, so it keeps what comes to it. */
  async runGrown<T>(use: (run: Run) => Promise<T>): Promise<T> {
    if (!this.grown) throw new Error('No store that has grown was named');
    return this.using({}, this.grown, async (run) => {
      await this.requireMany(run);
      const result = await use(run);
      await run.checkAcknowledged();
      return result;
    });
  }

  /** A loader that was interrupted leaves a store that has not grown, or that nobody has analysed. */
  private async requireMany({ admin }: Run): Promise<void> {
    const [row] = await admin.sql<{ orders: number }>(
      "SELECT reltuples::float8 AS orders FROM pg_class WHERE oid = 'orders.orders'::regclass",
    );
    const orders = row?.orders ?? 0;
    this.say(`The grown store has ${Math.round(orders).toLocaleString('en')} orders`);
    if (orders < MANY)
      throw new Error(`That is not many: ${MANY.toLocaleString('en')} at least, and analysed`);
  }

  /** RabbitMQ and Redis, found or started when they are first asked for. */
  broker(): Promise<Services> {
    this.services ??= this.startBroker();
    return this.services;
  }

  private async startBroker(): Promise<Services> {
    const services = await findServices({
      env: environment(),
      folder: join(this.folder, 'services'),
      say: this.say,
    });
    await this.belongings.add(() => services.stop());
    return services;
  }

  private async using<T>(setup: Setup, server: Server, use: (run: Run) => Promise<T>): Promise<T> {
    const folder = join(this.folder, `run-${(this.runs += 1)}`);
    await mkdir(folder);
    const own = new Belongings();
    const end = await this.belongings.add(() => own.close());
    try {
      return await use(await Run.start({ stage: this, setup, server, folder, own }));
    } finally {
      await end();
      await rm(folder, { recursive: true, force: true });
    }
  }
}
