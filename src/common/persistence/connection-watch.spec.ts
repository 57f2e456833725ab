import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { DataSource } from 'typeorm';
import { startPostgres, type TestPostgres } from '../../../test/postgres.js';
import { Unavailable } from '../errors/common.errors.js';
import { dataSourceOptions, moduleUrl } from './module-database.js';
import { UnitOfWork } from './unit-of-work.js';

/** A way to the database that can swallow what is sent over the connections that there are, and tell nobody. */
class BlackHole {
  private readonly pairs: [Socket, Socket][] = [];

  private constructor(
    private readonly server: Server,
    target: { host: string; port: number },
  ) {
    server.on('connection', (near: Socket) => {
      const far = connect(target);
      this.pairs.push([near, far]);
      near.pipe(far).pipe(near);
      for (const socket of [near, far]) socket.on('error', () => undefined);
    });
  }

  static async before(url: string): Promise<BlackHole> {
    const { hostname, port } = new URL(url);
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new BlackHole(server, { host: hostname, port: Number(port) });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  swallow(): void {
    for (const [near, far] of this.pairs) {
      near.unpipe(far);
      far.unpipe(near);
      near.resume();
    }
  }

  close(): void {
    for (const pair of this.pairs) for (const socket of pair) socket.destroy();
    this.server.close();
  }
}

describe('a database that goes silent', () => {
  let postgres: TestPostgres;
  let hole: BlackHole;
  let dataSource: DataSource;
  let uow: UnitOfWork;

  beforeAll(async () => {
    postgres = await startPostgres();
    await postgres.module('alpha');
    hole = await BlackHole.before(postgres.url);
    const url = new URL(moduleUrl('alpha', postgres.url));
    url.port = String(hole.port);
    const options = dataSourceOptions(
      { module: 'alpha', url: url.toString(), poolSize: 4 },
      { entities: [], migrations: [] },
    );
    dataSource = await new DataSource(options).initialize();
    uow = new UnitOfWork('alpha', dataSource, 300);
    await uow.rows('CREATE TABLE things (id int PRIMARY KEY)');
  });
  afterAll(async () => {
    await dataSource.destroy();
    hole.close();
    await postgres.stop();
  });

  it('fails what waits for it, and works again over new connections at once', async () => {
    await Promise.all([1, 2, 3, 4].map(() => uow.rows('SELECT pg_sleep(0.05)')));
    hole.swallow();
    await expect(uow.rows('SELECT 1')).rejects.toThrow('The reply to a commit was lost');
    // All four were silent, and none of the other three is met any more.
    const answers = await Promise.all([1, 2, 3, 4].map(() => uow.rows<{ one: number }>('SELECT 1 AS one')));
    expect(answers.flat()).toEqual([1, 2, 3, 4].map(() => ({ one: 1 })));
  });

  it('is known not to have committed what never got to its commit', async () => {
    const work = uow.run(async (tx) => {
      await tx.rows('INSERT INTO things VALUES (1)');
      hole.swallow();
      await tx.rows('INSERT INTO things VALUES (2)');
    });
    await expect(work).rejects.toBeInstanceOf(Unavailable);
    expect(await uow.rows('SELECT id FROM things')).toEqual([]);
  });
});
