import { createServer } from 'node:net';
import { once } from 'node:events';
import { Client } from 'pg';
import { explainBootError } from './boot-errors.js';
import { Config } from './common/config/config.js';

const address = { host: '127.0.0.1', port: 8000 };
const explain = (error: unknown) => explainBootError(error, address);

/** What `work` fails with. */
async function failureOf(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}

const databaseError = (code: string) => Object.assign(new Error('refused'), { code });

describe('the explanation of a failed start', () => {
  it('lists what is wrong with the configuration, without the values', async () => {
    const error = await failureOf(
      () => new Config({ PORT: 'secret', DATABASE_URL: 'http://u:hunter2@h/db' }),
    );
    expect(explain(error)).toMatch(/PORT: .*\n.*DATABASE_URL: /);
    expect(explain(error)).not.toMatch(/secret|hunter2/);
  });

  it('says what to do about a port in use', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as { port: number };
    const rival = createServer().listen(port, '127.0.0.1');
    const [error] = (await once(rival, 'error')) as unknown[];
    holder.close();
    expect(explainBootError(error, { host: '127.0.0.1', port })).toBe(
      `PORT ${port} is in use: stop what listens there or set PORT.`,
    );
  });

  it('says that PostgreSQL does not answer, without the password', async () => {
    const client = new Client({ connectionString: 'postgresql://waybill:hunter2@127.0.0.1:1/waybill' });
    const text = explain(await failureOf(() => client.connect()));
    expect(text).toMatch(/^PostgreSQL does not answer .*DATABASE_URL/);
    expect(text).not.toContain('hunter2');
  });

  it.each([
    ['28P01', /user or password/],
    ['3D000', /does not exist/],
    ['42501', /CREATEROLE/],
  ])('says what to do about SQLSTATE %s', (code, words) => {
    expect(explain(databaseError(code))).toMatch(words);
  });

  it("looks inside TypeORM's errors", () => {
    const error = Object.assign(new Error('query failed'), { driverError: databaseError('28P01') });
    expect(explain(error)).toMatch(/user or password/);
  });

  it('gives the message of anything else, and no stack', () => {
    expect(explain(new Error('another Waybill (pid 7) uses this data folder'))).toBe(
      'Waybill could not start: another Waybill (pid 7) uses this data folder',
    );
    expect(explain('odd')).toBe('Waybill could not start: odd');
  });
});
