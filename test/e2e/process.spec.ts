import { rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, WaybillProcess } from '../chaos/waybill-process.js';
import { eventually } from '../eventually.js';
import { temporaryFolder } from '../folder.js';

/** A start that fails says one thing, and leaves with 1. */
async function failureOf(dataDir: string, env: Record<string, string>): Promise<string> {
  const failed = WaybillProcess.launch({ port: 0, dataDir, env });
  expect(await failed.exited).toEqual({ code: 1, signal: null });
  expect(failed.output).not.toMatch(/hunter2|\n\s+at /);
  return failed.output.trim();
}

describe('the process', () => {
  let folder: string;
  let dataDir: string;

  beforeAll(async () => {
    folder = await temporaryFolder('process');
    dataDir = join(folder, 'data');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('tells where it listens, keeps its data between runs, and ends with 0 at a signal, also at two', async () => {
    const port = await freePort();
    const names: string[] = [];
    for (let run = 1; run <= 2; run++) {
      const waybill = await WaybillProcess.start({ port, dataDir, env: { NODE_ENV: 'development' } });
      await eventually(() => expect(waybill.output).toContain(`Docs  http://127.0.0.1:${port}/docs`));
      const email = `run-${run}@example.org`;
      const registration = JSON.stringify({ email, name: 'Run', password: 'a long pass phrase' });
      const headers = { 'content-type': 'application/json' };
      const url = `${waybill.url}/api/v1/users`;
      expect((await fetch(`${url}/register`, { method: 'POST', headers, body: registration })).status).toBe(
        201,
      );
      if (run === 2) {
        const login = JSON.stringify({ email: names[0], password: 'a long pass phrase' });
        expect((await fetch(`${url}/login`, { method: 'POST', headers, body: login })).status).toBe(200);
      }
      names.push(email);
      void waybill.sigterm();
      expect(await waybill.sigterm()).toEqual({ code: 0, signal: null });
    }
  });

  it('gives the memory back that starting took, when nobody wants anything of it', async () => {
    const env = { NODE_ENV: 'development' };
    const waybill = await WaybillProcess.start({ port: await freePort(), dataDir, env });
    const youngGeneration = async () => {
      const metrics = await (await fetch(`${waybill.url}/metrics`)).text();
      return Number(/^nodejs_heap_space_size_total_bytes\{.*space="new".*\} (\S+)$/m.exec(metrics)?.[1]);
    };
    try {
      const atFirst = await youngGeneration();
      expect(atFirst).toBeGreaterThan(0);
      await eventually(async () => {
        // To look every 20 ms would be work for it.
        await sleep(500);
        expect(await youngGeneration()).toBeLessThan(atFirst / 2);
      }, 30_000);
    } finally {
      expect(await waybill.sigterm()).toEqual({ code: 0, signal: null });
    }
  });

  it('logs one JSON object a line in production, and creates no demo users', async () => {
    const env = { NODE_ENV: 'production', LOG_LEVEL: 'info', GATEWAY_URL: 'http://127.0.0.1:1' };
    const waybill = await WaybillProcess.start({
      port: await freePort(),
      dataDir: join(folder, 'production'),
      env,
    });
    expect(await waybill.sigterm()).toEqual({ code: 0, signal: null });
    const lines = waybill.output.trim().split('\n');
    const messages = lines.map((line) => (JSON.parse(line) as { message: string }).message);
    expect(messages).toContainEqual(expect.stringMatching(/^Listening on /));
    expect(messages).toContainEqual(expect.stringMatching(/^No DATABASE_URL: /));
    expect(waybill.output).not.toContain('waybill-demo');
  });

  it('says what is wrong with the configuration, all at once', async () => {
    const output = await failureOf(dataDir, { PORT: 'hunter2', GATEWAY_URL: 'hunter2', MODULES: 'all' });
    expect(output).toMatch(/^The configuration is not valid:\n {2}PORT: .*\n {2}GATEWAY_URL: /);
  });

  it('logs in one form from the first line on, also that the broker is away', async () => {
    const env = {
      NODE_ENV: 'production',
      LOG_LEVEL: 'warn',
      RABBITMQ_URL: 'amqp://guest:hunter2@127.0.0.1:1',
      GATEWAY_URL: 'http://127.0.0.1:1',
      DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:1/db',
    };
    const failed = WaybillProcess.launch({ port: 0, dataDir, env });
    expect(await failed.exited).toEqual({ code: 1, signal: null });
    expect(failed.output).not.toContain('hunter2');
    const [last, ...logged] = failed.output.trim().split('\n').toReversed();
    expect(last).toMatch(/^PostgreSQL does not answer/);
    const messages = logged.map((line) => (JSON.parse(line) as { message: string }).message);
    expect(messages).toContainEqual(expect.stringMatching(/^RabbitMQ is away/));
  });

  it('says what a part of the modules needs that it cannot reach', async () => {
    const output = await failureOf(dataDir, { MODULES: 'orders,payments' });
    expect(output).toMatch(/MODULES leaves out users, catalog, inventory, notifications: set RABBITMQ_URL/);
    expect(output).toMatch(/DATABASE_URL: needed where there may be several processes/);
    expect(output).toMatch(/GATEWAY_URL: needed where there may be several processes/);
    expect(await failureOf(dataDir, { MODULES: 'orders,parcels' })).toMatch(
      /no module is called "parcels"; write "all", or some of users, catalog/,
    );
  });

  it('says that the port is in use, before it starts a database', async () => {
    const holder: Server = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as { port: number };
    expect(await failureOf(dataDir, { PORT: String(port) })).toBe(
      `PORT ${port} is in use: stop what listens there or set PORT.`,
    );
    holder.close();
  });

  it('says that the database does not answer', async () => {
    const output = await failureOf(dataDir, {
      DATABASE_URL: 'postgresql://waybill:hunter2@127.0.0.1:1/waybill',
    });
    expect(output).toMatch(/^PostgreSQL does not answer .*DATABASE_URL.*$/);
  });

  it("says so too of a module's own database", async () => {
    const env = { ORDERS_DATABASE_URL: 'postgresql://waybill:hunter2@127.0.0.1:1/waybill' };
    expect(await failureOf(dataDir, env)).toMatch(
      /^(?:embedded .*\n)?PostgreSQL does not answer .*DATABASE_URL.*$/,
    );
  });

  it('gives a stack to those who debug', async () => {
    const failed = WaybillProcess.launch({
      port: 0,
      dataDir,
      env: { MODULES: 'nothing', LOG_LEVEL: 'debug' },
    });
    await failed.exited;
    expect(failed.output).toMatch(/MODULES: no module is called "nothing".*\n(?:.*\n)+\s+at /);
  });
});
