import { hash } from '@node-rs/argon2';
import { realpathSync } from 'node:fs';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Keeper } from '../../lab/keeper.js';
import { findServices, type Services } from '../../lab/services/find-services.js';
import { environment } from '../../src/common/config/environment.js';
import { startEmbeddedPostgres } from '../../src/common/persistence/embedded/embedded-postgres.js';
import { findPostmaster } from '../../src/common/persistence/embedded/postmaster.js';
import { temporaryFolder } from '../../test/folder.js';
import { grow } from '../growth/grow.js';
import { Load } from '../load/load.js';
import { fillShop, openShop, PASSWORD, type Shop } from '../shop.js';
import { Belongings } from './belongings.js';
import { Databases } from './databases.js';
import { Run, type Setup } from './run.js';
import { type Sink, startSink } from './sink.js';

/** pgbench alone has up to 256, each Waybill process eight for each of its modules. */
const POSTGRES = { max_connections: '400', fsync: 'on', synchronous_commit: 'on' };
/** At least a thousand orders come of it. */
const FIRST_BUYERS = 64;
const FIRST_SECONDS = 6;
/** What it costs to hash a password; nobody logs in while something is measured. */
const CHEAP = { memoryCost: 64, timeCost: 2, parallelism: 1 };

/** What stays while subjects come and go: PostgreSQL, the collector, the load generator, a broker once it is needed. */
export class Stage {
  private services: Promise<Services> | null = null;
  private runs = 0;
  private current: Shop | null = null;

  private constructor(
    readonly folder: string,
    readonly keeper: Keeper,
    readonly databases: Databases,
    readonly sink: Sink,
    readonly load: Load,
    /** The pid of PostgreSQL's first process. */
    readonly postmaster: () => number,
    private readonly belongings: Belongings,
    readonly say: (line: string) => void,
    /** Finished orders that are there from the beginning. */
    readonly stored: number,
  ) {}

  static async open(belongings: Belongings, say: (line: string) => void, stored: number): Promise<Stage> {
    const folder = await temporaryFolder('bench');
    await belongings.add(() => rm(folder, { recursive: true, force: true }));
    const keeper = new Keeper();
    await belongings.add(() => keeper.close());
    const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), settings: POSTGRES });
    const cluster = realpathSync(join(folder, 'postgres', 'cluster'));
    const postmaster = () => findPostmaster(cluster)?.pid ?? 0;
    const kept = postmaster();
    // It would outlive us when we are killed with -9. Never 0: that is our own process group.
    if (kept > 0) keeper.keep(kept, 'INT');
    await belongings.add(async () => {
      await postgres.stop();
      keeper.forget(kept, 'INT');
    });
    const sink = await startSink(keeper);
    await belongings.add(() => sink.stop());
    const load = await Load.start();
    await belongings.add(() => load.stop());
    const databases = new Databases(postgres.url);
    return new Stage(folder, keeper, databases, sink, load, postmaster, belongings, say, stored);
  }

  /** Good for an hour after the last `prepare`. */
  get shop(): Shop {
    if (!this.current) throw new Error('Nothing is prepared');
    return this.current;
  }

  /** Makes the database that all runs begin with, or only new access tokens when it is there. */
  async prepare(): Promise<void> {
    if (this.current) await this.databases.renew();
    await this.using({ telemetry: false }, async (run) => {
      const isFirst = this.current === null;
      if (isFirst) await fillShop(run.admin.client, await hash(PASSWORD, CHEAP));
      this.current = await openShop(run.waybill.usersUrl);
      if (isFirst) await this.placeFirstOrders(run, this.current);
      if (isFirst && this.stored > 0) await this.placeStored(run);
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

  /** Of the newest the events too: they take twice as much room as all the rest. */
  private placeStored({ admin }: Run): Promise<void> {
    const orders = this.stored;
    return grow(admin.client, { orders, withEvents: Math.min(orders, 100_000), log: this.say });
  }

  /** What the gateway knows of the orders that are there from the beginning. */
  get firstLedger(): string {
    return join(this.folder, 'first-ledger.jsonl');
  }

  /** A Waybill on a database of its own, for as long as `use` takes; then all that it left behind is looked at. */
  async run<T>(setup: Setup, use: (run: Run) => Promise<T>): Promise<T> {
    await this.databases.renew();
    return this.using(setup, async (run) => {
      const result = await use(run);
      // The gateway's ledger has nothing of stored orders.
      if (this.stored === 0) await run.check();
      return result;
    });
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

  private async using<T>(setup: Setup, use: (run: Run) => Promise<T>): Promise<T> {
    const folder = join(this.folder, `run-${(this.runs += 1)}`);
    await mkdir(folder);
    const own = new Belongings();
    const end = await this.belongings.add(() => own.close());
    try {
      return await use(await Run.start(this, setup, folder, own));
    } finally {
      await end();
      await rm(folder, { recursive: true, force: true });
    }
  }
}
