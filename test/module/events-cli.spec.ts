import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { LoggedEvent } from '../../src/common/messaging/operations/event-log.js';
import { aUser } from '../builders/a-user.js';
import { anOrderEvent } from '../builders/order-event.js';
import { anOrder } from '../builders/order.builder.js';
import { eventually, startWaybill, type WaybillInside } from '../harness.js';
import { rabbitForTest, type TestBroker } from '../services.js';

const ROOT = join(__dirname, '../..');

interface Run {
  code: number | null;
  out: string;
  err: string;
}

/** Runs the program as `npm run events -- …` does. */
async function run(args: readonly string[], env: Record<string, string> = {}): Promise<Run> {
  const child = spawn(process.execPath, ['scripts/events.js', ...args], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...said };
}

describe('npm run events', () => {
  let waybill: WaybillInside;

  beforeAll(async () => {
    waybill = await startWaybill({ LOG_LEVEL: 'fatal' });
    await aUser(waybill.api);
    const token = await waybill.api.token('alice');
    for (let i = 0; i < 2; i++) await waybill.api.post('/orders', anOrder().build(), { token });
    await eventually(async () => {
      const rows = await waybill.sql("SELECT FROM inventory.outbox WHERE name = 'inventory.committed'");
      expect(rows).toHaveLength(2);
    });
  });
  afterAll(async () => {
    await waybill?.stop();
  });

  const events = (...args: string[]) => run([...args, '--url', waybill.url]);
  const json = async <T>(...args: string[]): Promise<T> => {
    const { code, out, err } = await events(...args, '--json');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    return JSON.parse(out) as T;
  };
  const list = async (...args: string[]) =>
    (await json<{ data: (LoggedEvent & { module: string })[] }>('list', ...args)).data;

  it('lists what all modules have told, the newest first', async () => {
    const all = await list('--limit', '1000');
    const times = all.map(({ occurredAt }) => occurredAt);
    expect(times).toEqual(times.toSorted().toReversed());
    const told = new Set(all.map(({ module, name }) => `${module} ${name}`));
    expect([...told]).toEqual(expect.arrayContaining(['orders orders.confirmed', 'users users.registered']));
    expect(await list('--limit', '3')).toEqual(all.slice(0, 3));
    expect(await list('--module', 'orders', '--name', 'orders.created')).toHaveLength(2);
    expect(await list('--until', '2020-01-01')).toEqual([]);
    expect((await list('--since', '1h', '--limit', '1000')).length).toBe(all.length);
  });

  it('shows a list and an event to people', async () => {
    const [event] = await list('--name', 'orders.confirmed', '--limit', '1');
    const { out } = await events('list', '--name', 'orders.confirmed', '--limit', '1');
    const [head, row, ...rest] = out.trimEnd().split('\n');
    expect(head).toMatch(/^OCCURRED +EVENT +STATE +ATTEMPTS +ID +KEY$/);
    expect(row).toMatch(new RegExp(`orders.confirmed +published +1 +${event?.id} +${event?.key}$`));
    expect(rest).toEqual([]);
    const shown = await events('show', event?.id ?? '');
    expect(shown.out).toMatch(/^module: +orders$/m);
    expect(shown.out).toContain(`"orderId": "${event?.key}"`);
    expect(shown.code).toBe(0);
  });

  it('hands events to a consumer again', async () => {
    const [{ id } = { id: '' }] = await list('--name', 'orders.confirmed', '--limit', '1');
    const state = () => waybill.sql('SELECT state FROM notifications.inbox WHERE event_id = $1', [id]);
    await waybill.sql('DELETE FROM notifications.inbox WHERE event_id = $1', [id]);
    const replay = ['replay', '--module', 'orders', '--to', 'notifications'];
    const { code, out } = await events(...replay, '--since', '2h', '--name', 'orders.confirmed');
    expect([code, out]).toEqual([0, '2 events of orders handed to notifications.\n']);
    await eventually(async () => expect(await state()).toEqual([{ state: 'done' }]));
    expect(await json(...replay, id)).toEqual({ events: 1 });
  });

  it('tells of dead letters without obeying what is in them, and brings them back', async () => {
    expect((await events('dead-letters')).err).toBe('No dead letters.\n');
    const user = await aUser(waybill.api);
    const letters = [anOrderEvent('shipped', user.id), anOrderEvent('delivered', user.id)];
    for (const letter of letters) {
      await waybill.sql(
        `INSERT INTO notifications.inbox (event_id, name, state, attempts, error, envelope, died_at)
         VALUES ($1, $2, 'dead', 10, $3, $4, now())`,
        [letter.id, letter.name, 'Error: \u001b[2Jgone\nand more', JSON.stringify(letter)],
      );
    }
    const { out } = await events('dead-letters');
    expect(out).not.toContain('\u001b');
    expect(out).toMatch(
      new RegExp(`notifications +orders.shipped +10 +${letters[0]?.id} +Error: \\[2Jgone and more`),
    );
    const ids = letters.map(({ id }) => id);
    expect((await events('retry', ids[0] ?? '')).out).toBe(
      '1 event brought back to notifications.\n1 dead letter left: see npm run events -- dead-letters.\n',
    );
    expect((await events('retry', ids[0] ?? '')).code).toBe(1);
    expect(await json('retry')).toEqual({ retried: 1, left: 0 });
    await eventually(async () => {
      const rows = await waybill.sql('SELECT state FROM notifications.inbox WHERE event_id = ANY($1)', [ids]);
      expect(rows).toEqual([{ state: 'done' }, { state: 'done' }]);
    });
  });

  it('leaves no session behind', async () => {
    const open = () =>
      waybill.sql(
        `SELECT FROM users.sessions s JOIN users.users u ON u.id = s.user_id
         WHERE u.email = 'admin@waybill.test' AND s.ended_at IS NULL`,
      );
    const before = await open();
    await list('--limit', '1');
    expect(await open()).toHaveLength(before.length);
  });

  it('takes a token, or a login, that it is given', async () => {
    const token = await waybill.api.token('admin');
    const url = ['--url', waybill.url];
    expect((await run(['list', ...url], { WAYBILL_TOKEN: token })).code).toBe(0);
    const login = { WAYBILL_EMAIL: 'admin@waybill.test', WAYBILL_PASSWORD: 'waybill-demo' };
    expect((await run(['list', ...url], login)).code).toBe(0);
    const wrong = await run(['list', ...url], { ...login, WAYBILL_PASSWORD: 'guessed' });
    expect(wrong).toMatchObject({
      code: 1,
      err: expect.stringContaining('admin@waybill.test could not log in'),
    });
    const staff = await run(['dead-letters', ...url], {
      ...login,
      WAYBILL_EMAIL: 'staff@waybill.test',
    });
    expect(staff).toMatchObject({ code: 1, err: expect.stringContaining('of an administrator') });
    const stale = await run(['list', ...url], { WAYBILL_TOKEN: 'no.such.token' });
    expect(stale).toMatchObject({ code: 1, err: expect.stringContaining('The token is refused') });
  });

  it('sends the demo password to no other machine', async () => {
    const { code, err } = await run(['list', '--url', 'http://waybill.example.org']);
    expect([code, err]).toEqual([1, expect.stringContaining('Set WAYBILL_TOKEN')]);
  });

  it('refuses what it does not understand with 2', async () => {
    const { code, out, err } = await run(['list', '--since', 'yesterday']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/"yesterday" is no time .*\nnpm run events -- --help tells more/);
  });

  it('explains itself', async () => {
    const { code, out } = await run(['--help']);
    expect([code, out]).toEqual([0, expect.stringContaining('npm run events -- retry')]);
  });

  it('says what is wrong when the answer is not what it hoped for', async () => {
    const nowhere = await events('show', '0199c0de-0000-7000-8000-00000000ffff');
    expect(nowhere).toMatchObject({ code: 1, err: expect.stringContaining('No event 0199c0de') });
    const nobody = await events('replay', '--module', 'payments', '--to', 'inventory', '--since', '1h');
    expect(nobody).toMatchObject({
      code: 1,
      err: expect.stringContaining('These do: orders, notifications'),
    });
  });

  describe('elsewhere', () => {
    let server: Server;

    beforeAll(async () => {
      server = createServer((_, response) => response.end('<h1>Welcome</h1>')).listen(0, '127.0.0.1');
      await once(server, 'listening');
    });
    afterAll(() => server.close());

    it('says what it found', async () => {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const stranger = await run(['list', '--url', url]);
      expect(stranger).toMatchObject({ code: 1, err: expect.stringContaining('is no Waybill') });
      await new Promise((resolve) => server.close(resolve));
      const nothing = await run(['list', '--url', url]);
      expect(nothing).toMatchObject({ code: 1, err: expect.stringContaining('Nothing listens') });
    });
  });

  describe('with a process that does not host all modules', () => {
    let rabbit: TestBroker;
    let part: WaybillInside;

    beforeAll(async () => {
      rabbit = await rabbitForTest();
      part = await startWaybill({ MODULES: 'users,orders', RABBITMQ_URL: rabbit.url, LOG_LEVEL: 'fatal' });
      await aUser(part.api);
    });
    afterAll(async () => {
      await part?.stop();
      await rabbit?.release();
    });

    it('tells of those that it hosts, and which it does not', async () => {
      const { code, out, err } = await run(['list', '--url', part.url]);
      expect(code).toBe(0);
      expect(out).toContain('users.registered');
      expect(err).toContain('payments is not hosted there.');
      const named = await run(['list', '--module', 'payments', '--url', part.url]);
      expect(named).toMatchObject({
        code: 1,
        err: expect.stringContaining('payments is not hosted here, but orders, users'),
      });
    });
  });
});
