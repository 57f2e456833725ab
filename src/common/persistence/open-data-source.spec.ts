import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import { startPostgres, type TestPostgres } from '../../../test/postgres.js';
import { dataSourceOptions, moduleUrl } from './module-database.js';
import { openDataSource } from './open-data-source.js';
import { provision } from './provision.js';

class SlowTable1764000000900 implements MigrationInterface {
  name = 'SlowTable1764000000900';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('SELECT pg_sleep(0.1)');
    await runner.query('CREATE TABLE slow AS SELECT 1 AS one');
  }

  down = () => Promise.reject(new Error('forward only'));
}

class Broken1764000000901 extends SlowTable1764000000900 {
  override name = 'Broken1764000000901';

  override async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE half_done (id int)');
    await runner.query('not SQL');
  }
}

describe('openDataSource', () => {
  let postgres: TestPostgres;

  beforeAll(async () => {
    postgres = await startPostgres();
  });

  afterAll(() => postgres.stop());

  const open = (module: string, migration: new () => MigrationInterface): Promise<DataSource> =>
    openDataSource(
      dataSourceOptions(
        { module, url: moduleUrl(module, postgres.url), poolSize: 2 },
        { entities: [], migrations: [migration] },
      ),
    );

  it('runs each migration once, though five processes start together', async () => {
    await provision(postgres.url, ['alpha']);
    const sources = await Promise.all(Array.from({ length: 5 }, () => open('alpha', SlowTable1764000000900)));
    const applied = await postgres.sql('SELECT name FROM alpha.migrations');
    const limits: unknown = await sources[0]?.query('SHOW lock_timeout');
    for (const source of sources) await source.destroy();
    expect(applied).toEqual([{ name: 'SlowTable1764000000900' }]);
    expect(limits).toEqual([{ lock_timeout: '5s' }]);
  });

  it('leaves nothing of a migration that fails, and no connection', async () => {
    await provision(postgres.url, ['beta']);
    await expect(open('beta', Broken1764000000901)).rejects.toThrow('syntax error');
    expect(await postgres.sql("SELECT to_regclass('beta.half_done') AS found")).toEqual([{ found: null }]);
    expect(
      await postgres.sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'waybill-beta'"),
    ).toEqual([]);
  });
});
