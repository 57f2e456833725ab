import { Client } from 'pg';
import { startPostgres, type TestPostgres } from '../../../test/postgres.js';
import { sqlState } from './database-errors.js';
import { moduleUrl, roleOf, rolePassword } from './module-database.js';
import { provision } from './provision.js';

const PERMISSION_DENIED = '42501';

describe('provision', () => {
  let postgres: TestPostgres;

  beforeAll(async () => {
    postgres = await startPostgres();
  });

  afterAll(() => postgres.stop());

  const stateOf = (work: Promise<unknown>) => work.then(() => 'done', sqlState);

  it('gives each module a schema of its own that no other module can reach', async () => {
    const alpha = await postgres.module('alpha');
    const beta = await postgres.module('beta');
    await alpha.rows("CREATE TABLE secrets AS SELECT 'x' AS word");
    expect(await alpha.rows('SELECT word FROM alpha.secrets')).toEqual([{ word: 'x' }]);
    expect(await stateOf(beta.rows('SELECT * FROM alpha.secrets'))).toBe(PERMISSION_DENIED);
    expect(await stateOf(beta.rows("INSERT INTO alpha.secrets VALUES ('y')"))).toBe(PERMISSION_DENIED);
    expect(await stateOf(beta.rows('CREATE TABLE alpha.intruders (id int)'))).toBe(PERMISSION_DENIED);
    expect(await stateOf(beta.rows('CREATE TABLE public.intruders (id int)'))).toBe(PERMISSION_DENIED);
    expect(await stateOf(beta.rows('SET ROLE waybill_alpha'))).toBe(PERMISSION_DENIED);
    expect(await stateOf(beta.rows('SET ROLE waybill'))).not.toBe('done');
  });

  it('makes roles that are nothing but owners of their schema', async () => {
    await provision(postgres.url, ['gamma']);
    const [role] = await postgres.sql(
      `SELECT rolsuper, rolcreaterole, rolcreatedb, rolcanlogin, nspname
       FROM pg_roles JOIN pg_namespace ON nspowner = pg_roles.oid WHERE rolname = 'waybill_gamma'`,
    );
    expect(role).toEqual({
      rolsuper: false,
      rolcreaterole: false,
      rolcreatedb: false,
      rolcanlogin: true,
      nspname: 'gamma',
    });
  });

  it('may run five times at once, and again, and keeps what is there', async () => {
    const modules = ['delta', 'epsilon', 'zeta'];
    await Promise.all(Array.from({ length: 5 }, () => provision(postgres.url, modules)));
    const delta = await postgres.module('delta');
    await delta.rows('CREATE TABLE kept AS SELECT 1 AS one');
    await provision(postgres.url, modules);
    expect(await delta.rows('SELECT one FROM kept')).toEqual([{ one: 1 }]);
  });

  it('needs no superuser: a role that may create roles and owns the database is enough, again and again', async () => {
    await postgres.sql("CREATE ROLE landlord LOGIN CREATEROLE PASSWORD 'p@ss/word'");
    await postgres.sql('CREATE DATABASE leased OWNER landlord');
    const url = new URL(postgres.url);
    url.pathname = '/leased';
    url.username = 'landlord';
    url.password = encodeURIComponent('p@ss/word');
    await provision(url.toString(), ['alpha', 'beta']);
    await provision(url.toString(), ['alpha', 'beta']);
    const client = new Client({ connectionString: moduleUrl('alpha', url.toString()) });
    await client.connect();
    try {
      const { rows } = await client
        .query('CREATE TABLE mine (id int)')
        .then(() => client.query('SELECT current_user::text AS me, current_schema() AS home'));
      expect(rows).toEqual([{ me: 'leased_alpha', home: 'alpha' }]);
    } finally {
      await client.end();
    }
  });

  it('derives passwords that differ by module and by secret', () => {
    const passwords = [
      rolePassword('alpha', 'one'),
      rolePassword('beta', 'one'),
      rolePassword('alpha', 'two'),
    ];
    expect(new Set(passwords).size).toBe(3);
    expect(rolePassword('alpha', 'one')).toBe(passwords[0]);
  });

  it("refuses a password that is not the role's", async () => {
    await provision(postgres.url, ['alpha']);
    const url = new URL(moduleUrl('alpha', postgres.url));
    url.password = rolePassword('alpha', 'guessed');
    const client = new Client({ connectionString: url.toString() });
    expect(await stateOf(client.connect())).toBe('28P01');
  });
});

describe('moduleUrl', () => {
  it('puts the role of the module in the place of the administrator and keeps the rest', () => {
    const url = new URL(
      moduleUrl('orders', 'postgres://admin:s%40cret@db.example:5433/shop?sslmode=require'),
    );
    expect(url.username).toBe(roleOf('shop', 'orders'));
    expect(url.host).toBe('db.example:5433');
    expect(url.pathname).toBe('/shop');
    expect(url.search).toBe('?sslmode=require');
    expect(url.password).toBe(rolePassword('orders', 's@cret'));
    expect(url.toString()).not.toContain('cret@');
  });

  it('takes the name of the user for the name of the database when there is none, as PostgreSQL does', () => {
    expect(new URL(moduleUrl('orders', 'postgres://shop:x@db')).username).toBe('shop_orders');
  });
});
