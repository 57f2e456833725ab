import { startPostgres, type TestPostgres } from '../../../test/postgres.js';
import { eventually } from '../../../test/eventually.js';
import { OutcomeUnknown, Unavailable } from '../errors/common.errors.js';
import { sqlState } from './database-errors.js';
import { prepared, type Tx, type UnitOfWork } from './unit-of-work.js';

describe('UnitOfWork', () => {
  let postgres: TestPostgres;
  let uow: UnitOfWork;

  beforeAll(async () => {
    postgres = await startPostgres();
    uow = await postgres.module('alpha');
    await uow.rows('CREATE TABLE things (id text PRIMARY KEY, amount int NOT NULL CHECK (amount >= 0))');
    await uow.rows('CREATE TABLE slow (id text PRIMARY KEY)');
    // Holds COMMIT up, so that the connection can be cut while it is under way.
    await uow.rows(`
      CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_sleep(10); RETURN NULL; END $$`);
    await uow.rows(`
      CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION dawdle()`);
  });

  beforeEach(async () => {
    await postgres.sql('TRUNCATE alpha.things, alpha.slow');
  });

  afterEach(async () => {
    await eventually(async () => expect(await sessions("state LIKE 'idle in transaction%'")).toEqual([]));
  });

  afterAll(() => postgres.stop());

  const insert = (sql: Pick<Tx, 'rows'>, id: string, amount = 1) =>
    sql.rows('INSERT INTO things VALUES ($1, $2)', [id, amount]);
  const things = async () =>
    (await postgres.sql<{ id: string }>('SELECT id FROM alpha.things ORDER BY id')).map(({ id }) => id);
  const sessions = async (condition: string) =>
    (
      await postgres.sql<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE application_name = 'waybill-alpha' AND ${condition}`,
      )
    ).map(({ pid }) => pid);
  const pidOf = async (tx: Tx) =>
    (await tx.rows<{ pid: number }>('SELECT pg_backend_pid() AS pid'))[0]?.pid ?? 0;
  const terminate = async (pid: number) => {
    await postgres.sql('SELECT pg_terminate_backend($1)', [pid]);
    await eventually(async () => expect(await sessions(`pid = ${pid}`)).toEqual([]));
  };

  it('commits what the work did and gives its result', async () => {
    expect(await uow.run(async (tx) => insert(tx, 'a').then(() => 'done'))).toBe('done');
    expect(await things()).toEqual(['a']);
  });

  it('rolls everything back when the work throws, and hands its error on', async () => {
    const refusal = new Error('refused');
    const run = uow.run(async (tx) => {
      await insert(tx, 'a');
      await tx.manager.query("INSERT INTO things VALUES ('b', 1)");
      throw refusal;
    });
    await expect(run).rejects.toBe(refusal);
    expect(await things()).toEqual([]);
  });

  it('hands a violation on with its SQLSTATE and rolls back', async () => {
    const run = uow.run(async (tx) => {
      await insert(tx, 'a');
      await insert(tx, 'b', -1);
    });
    expect(sqlState(await run.catch((error: unknown) => error))).toBe('23514');
    expect(await things()).toEqual([]);
  });

  it('does not say that it committed when the work swallowed the failure of a statement', async () => {
    const run = uow.run(async (tx) => {
      await insert(tx, 'a');
      await insert(tx, 'a').catch(() => undefined);
    });
    await expect(run).rejects.toThrow('rolled back');
    expect(await things()).toEqual([]);
  });

  it('commits what was sent and not waited for', async () => {
    await uow.run(async (tx) => {
      tx.send('INSERT INTO things VALUES ($1, $2)', ['a', 1]);
      tx.send('INSERT INTO things VALUES ($1, $2)', ['b', 1]);
    });
    expect(await things()).toEqual(['a', 'b']);
  });

  it('fails with the error of what was sent and not waited for, whether or not something came after it', async () => {
    const stateOf = async (after: (tx: Tx) => Promise<unknown>) => {
      const run = uow.run(async (tx) => {
        await insert(tx, 'a');
        tx.send('INSERT INTO things VALUES ($1, $2)', ['b', -1]);
        await after(tx);
      });
      return sqlState(await run.catch((error: unknown) => error));
    };
    expect(await stateOf(() => Promise.resolve())).toBe('23514');
    expect(await stateOf((tx) => insert(tx, 'c'))).toBe('23514');
    expect(await things()).toEqual([]);
  });

  it('runs both of two transactions that lock each other out', async () => {
    await insert(uow, 'x');
    await insert(uow, 'y');
    let runs = 0;
    const bothHaveOne = barrier(2);
    const lockInOrder = (first: string, second: string) =>
      uow.run(async (tx) => {
        runs += 1;
        await tx.rows('UPDATE things SET amount = amount + 1 WHERE id = $1', [first]);
        await bothHaveOne();
        await tx.rows('UPDATE things SET amount = amount + 1 WHERE id = $1', [second]);
      });
    await Promise.all([lockInOrder('x', 'y'), lockInOrder('y', 'x')]);
    expect(runs).toBeGreaterThan(2);
    expect(await uow.rows('SELECT amount FROM things')).toEqual([{ amount: 3 }, { amount: 3 }]);
  });

  it('tells a connection lost under a statement as Unavailable: nothing was done', async () => {
    const run = uow.run(async (tx) => {
      await insert(tx, 'a');
      const pid = await pidOf(tx);
      const sleeping = tx.rows('SELECT pg_sleep(10)');
      sleeping.catch(() => undefined);
      await terminate(pid);
      await sleeping;
    });
    await expect(run).rejects.toThrow(Unavailable);
    expect(await things()).toEqual([]);
  });

  it.each(['rows', 'manager'] as const)(
    'tells a connection lost between two statements as Unavailable (%s)',
    async (way) => {
      const run = uow.run(async (tx) => {
        await insert(tx, 'a');
        await terminate(await pidOf(tx));
        if (way === 'rows') await insert(tx, 'b');
        else await tx.manager.query('SELECT 1');
      });
      await expect(run).rejects.toThrow(Unavailable);
      expect(await things()).toEqual([]);
    },
  );

  it('tells a connection lost before COMMIT was sent as Unavailable', async () => {
    const run = uow.run(async (tx) => {
      await insert(tx, 'a');
      await terminate(await pidOf(tx));
      await eventually(() => expect(tx.manager.queryRunner?.isReleased).toBe(true));
    });
    await expect(run).rejects.toThrow(Unavailable);
    expect(await things()).toEqual([]);
  });

  it('tells a connection lost during COMMIT as OutcomeUnknown', async () => {
    const run = uow.run((tx) => tx.rows("INSERT INTO slow VALUES ('a')"));
    run.catch(() => undefined);
    const [pid = 0] = await eventually(async () => {
      const committing = await sessions("query = 'COMMIT' AND wait_event = 'PgSleep'");
      expect(committing).toHaveLength(1);
      return committing;
    });
    await terminate(pid);
    await expect(run).rejects.toThrow(OutcomeUnknown);
  });

  it('tells a connection lost under a statement that is its own transaction as OutcomeUnknown', async () => {
    const sleeping = uow.rows('SELECT pg_sleep(10)');
    sleeping.catch(() => undefined);
    const [pid = 0] = await eventually(async () => {
      const running = await sessions("query = 'SELECT pg_sleep(10)' AND state = 'active'");
      expect(running).toHaveLength(1);
      return running;
    });
    await terminate(pid);
    await expect(sleeping).rejects.toThrow(OutcomeUnknown);
  });

  it('gives nobody a connection that was found dead', async () => {
    let letGo = () => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const others = [1, 2, 3].map(() => uow.run(() => held));
    const dying = uow.rows('SELECT pg_terminate_backend(pg_backend_pid())');
    const waiting = uow.run((tx) => insert(tx, 'a'));
    await expect(dying).rejects.toThrow(OutcomeUnknown);
    await waiting;
    letGo();
    await Promise.all(others);
    expect(await things()).toEqual(['a']);
  });

  it('goes on with new connections after all were lost', async () => {
    const all = await sessions('true');
    for (const pid of all) await terminate(pid);
    await eventually(() => insert(uow, 'a'));
    expect(await things()).toEqual(['a']);
  });

  it('tells a wait for a lock that took too long as Unavailable: the statement was not executed', async () => {
    await insert(uow, 'a');
    await uow.run(async (tx) => {
      await tx.rows('SELECT FROM things FOR UPDATE');
      const waiting = uow.run(async (other) => {
        await other.rows("SET LOCAL lock_timeout = '50ms'");
        await other.rows("UPDATE things SET amount = 5 WHERE id = 'a'");
      });
      await expect(waiting).rejects.toThrow(Unavailable);
    });
  });

  describe('a prepared statement whose answer a migration has changed', () => {
    const SHAPE = prepared('SELECT amount FROM shapes');
    let stale: number[];

    /** Every connection of the pool has parsed it, then the column becomes another one. */
    beforeEach(async () => {
      await postgres.sql('DROP TABLE IF EXISTS alpha.shapes');
      await uow.rows('CREATE TABLE shapes (amount int)');
      await uow.rows('INSERT INTO shapes VALUES (7)');
      const all = barrier(4);
      stale = await Promise.all(
        [1, 2, 3, 4].map(() =>
          uow.run(async (tx) => {
            await tx.rows(SHAPE);
            await all();
            return pidOf(tx);
          }),
        ),
      );
      await postgres.sql('ALTER TABLE alpha.shapes ALTER amount TYPE text');
    });

    it('is run anew, by itself and at once on all connections', async () => {
      const answers = await Promise.all([1, 2, 3, 4].map(() => uow.rows(SHAPE)));
      expect(answers).toEqual(Array.from({ length: 4 }, () => [{ amount: '7' }]));
    });

    it.each([
      ['waited for', (tx: Tx) => tx.rows(SHAPE)],
      ['sent', (tx: Tx) => Promise.resolve(tx.send(SHAPE, []))],
    ])('has its transaction run anew, which takes effect once (%s)', async (_way, ask) => {
      let runs = 0;
      await uow.run(async (tx) => {
        runs += 1;
        await insert(tx, 'a');
        await ask(tx);
      });
      expect([runs, await things()]).toEqual([2, ['a']]);
    });

    it('costs each connection that had parsed it', async () => {
      await eventually(async () => {
        await Promise.all([
          uow.rows(SHAPE),
          uow.rows(SHAPE),
          uow.run((tx) => tx.rows(SHAPE)),
          uow.rows(SHAPE),
        ]);
        expect(await sessions(`pid = ANY ('{${stale.join()}}')`)).toEqual([]);
      });
    });
  });

  it('gives back every connection, whatever happened on it', async () => {
    const ends: ((tx: Tx) => Promise<unknown>)[] = [
      (tx) => insert(tx, 'a'),
      () => Promise.reject(new Error('no')),
      (tx) => tx.rows('not SQL'),
      async (tx) => terminate(await pidOf(tx)),
    ];
    for (const end of [...ends, ...ends]) await uow.run(end).catch(() => undefined);
    // A connection may be found dead only now; all four of the pool must be there in the end.
    await eventually(() => Promise.all(Array.from({ length: 4 }, () => uow.rows('SELECT pg_sleep(0.02)'))));
  });
});

describe('UnitOfWork, when the server is down', () => {
  it('tells every statement and transaction as Unavailable', async () => {
    const postgres = await startPostgres();
    try {
      const uow = await postgres.module('alpha');
      await postgres.down();
      await eventually(() => expect(uow.run((tx) => tx.rows('SELECT 1'))).rejects.toThrow(Unavailable));
      await expect(uow.rows('SELECT 1')).rejects.toThrow(Unavailable);
    } finally {
      await postgres.stop();
    }
  });
});

/** Lets nobody pass before `count` have come; who comes later passes at once. */
function barrier(count: number): () => Promise<void> {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let arrived = 0;
  return () => {
    if (++arrived >= count) open();
    return opened;
  };
}
