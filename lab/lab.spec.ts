import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { processStartedAt } from '../src/common/persistence/embedded/process-identity.js';
import { requireFreePort } from '../src/port-check.js';
import { Api } from '../test/api.js';
import { anOrder } from '../test/builders/order.builder.js';
import { eventually } from '../test/eventually.js';
import { temporaryFolder } from '../test/folder.js';
import { processesNaming } from '../test/run/service-owner.js';
import { sendCommand } from './console/control.js';
import { ENGINE_NAMES } from './engines/engines.js';
import { freePort } from './free-port.js';
import { PARTS } from './proxy/routes.js';

const ROOT = join(__dirname, '..');
const START_MS = 90_000;

interface Row {
  name: string;
  state: string;
  pid: number;
  restarts: string;
}

/** What `npm run lab` runs, on this very Node. */
class Terminal {
  output = '';
  readonly ended: Promise<[number | null, NodeJS.Signals | null]>;
  readonly child: ChildProcess;

  constructor(env: Record<string, string>, words: readonly string[]) {
    this.child = spawn(process.execPath, ['scripts/lab.js', ...words], {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.ended = once(this.child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  }
}

describe('npm run lab', () => {
  let folder: string;
  let env: Record<string, string>;
  let lab: Terminal;
  let api: Api;
  let placed: string;

  beforeAll(async () => {
    folder = await temporaryFolder('lab');
    const port = await freePort();
    env = { DATA_DIR: folder, LAB_PORT: String(port), LOG_LEVEL: 'error', PASSWORD_HASH_MEMORY_KIB: '64' };
    api = new Api(`http://127.0.0.1:${port}`);
  });
  afterAll(async () => {
    lab?.child.kill('SIGINT');
    await lab?.ended;
    await rm(folder, { recursive: true, force: true });
  });

  async function start(): Promise<Terminal> {
    const terminal = new Terminal(env, []);
    await eventually(() => {
      if (terminal.child.exitCode === null) expect(terminal.output).toContain('The lab is ready');
    }, START_MS);
    if (terminal.child.exitCode !== null) throw new Error(`The lab did not start:\n${terminal.output}`);
    return terminal;
  }

  async function command(...words: string[]): Promise<{ code: number | null; output: string }> {
    const terminal = new Terminal(env, words);
    const [code] = await terminal.ended;
    return { code, output: terminal.output };
  }

  async function rows(): Promise<Row[]> {
    let table = '';
    await sendCommand(join(folder, 'lab/control.sock'), ['status'], (text) => (table = text));
    const lines = table.split('\n').filter((line) => / 127\.0\.0\.1:\d+ /.test(line));
    return lines.map((line) => {
      const [name = '', state = '', pid = '', , ...rest] = line.split(/ {2,}/);
      return { name, state, pid: Number(pid), restarts: rest[1] ?? '' };
    });
  }

  /** Nothing that the lab has started is left, nor anything that these started. */
  async function expectNothingLeft(pids: readonly number[]): Promise<void> {
    await eventually(() => expect(pids.filter((pid) => processStartedAt(pid) !== undefined)).toEqual([]));
    await eventually(() => expect(processesNaming(folder)).toEqual([]));
    await requireFreePort('127.0.0.1', Number(env['LAB_PORT']));
  }

  it('starts a process for each module and one for the web page, behind one address', async () => {
    lab = await start();
    const names = PARTS.map((name) => `${name}-1`);
    const told = await command('status');
    expect(told).toEqual({ code: 0, output: expect.stringContaining(`The lab is at ${api.url}\n`) });
    expect((await rows()).map(({ name, state }) => `${name} ${state}`)).toEqual([
      ...names.map((name) => `${name} ready`),
      ...ENGINE_NAMES.map((name) => `${name} running`),
    ]);
    expect(statSync(join(folder, 'lab/control.sock')).mode & 0o777).toBe(0o600);
    expect(lab.output).not.toMatch(/\p{Cc}\[/u);

    const page = await fetch(api.url, { headers: { accept: 'text/html' } });
    expect(await page.text()).toContain('<meta name="waybill-demo" content="true"');
    const token = await api.token('alice');
    const { status, body } = await api.post<{ id: string }>('/orders', anOrder().build(), { token });
    expect(status).toBe(201);
    placed = body.id;
  });

  it('refuses to start twice', async () => {
    expect(await command()).toEqual({ code: 1, output: expect.stringContaining('is running already') });
  });

  it('scales a module', async () => {
    expect(await command('scale', 'orders=2')).toEqual({ code: 0, output: 'orders: 2 processes\n' });
    const orders = (await rows()).filter(({ name }) => name.startsWith('orders-'));
    expect(orders.map(({ name, state }) => `${name} ${state}`)).toEqual(['orders-1 ready', 'orders-2 ready']);
  });

  it.each(['payments', 'orders-2', 'redis', 'postgres', 'gateway'])(
    'kills %s, which comes back',
    async (target) => {
      const name = target === 'payments' ? 'payments-1' : target;
      const find = async () => (await rows()).find((row) => row.name === name);
      const before = await find();
      const { code, output } = await command('kill', target);
      expect([code, output]).toEqual([0, expect.stringMatching(`^Killed ${name} \\(pid ${before?.pid}\\)`)]);
      await eventually(async () => {
        const now = await find();
        expect([now?.restarts, now?.state]).toEqual(['1', before?.state]);
        expect(now?.pid).not.toBe(before?.pid);
      }, 30_000);
      expect(processStartedAt(before?.pid ?? 0)).toBeUndefined();
    },
  );

  it('restarts one process after the other', async () => {
    const before = await rows();
    expect(await command('restart', 'orders')).toEqual({ code: 0, output: 'Restarted orders\n' });
    const after = await rows();
    const renewed = after.filter(({ pid }) => before.every((row) => row.pid !== pid));
    expect(renewed.map(({ name }) => name)).toEqual(['orders-1', 'orders-2']);
  });

  it.each([
    [['scale', 'orders'], 'Not "orders", but such as orders=3'],
    [['kill', 'nobody'], '"nobody" is none of'],
    [['dance'], 'There is no command "dance"'],
  ])('says what is wrong with %j', async (words, message) => {
    expect(await command(...words)).toEqual({ code: 1, output: expect.stringContaining(message) });
  });

  it('leaves nothing behind at Ctrl-C', async () => {
    const pids = (await rows()).map(({ pid }) => pid);
    // A terminal sends it to all of a group, and a wrapper passes it on: it comes twice.
    lab.child.kill('SIGINT');
    lab.child.kill('SIGINT');
    expect(await lab.ended).toEqual([0, null]);
    await expectNothingLeft(pids);
    expect(existsSync(join(folder, 'lab/control.sock'))).toBe(false);
    expect(await command('status')).toEqual({
      code: 1,
      output: expect.stringContaining('No lab is running'),
    });
  });

  it('finds its data again, and leaves nothing behind even when it is killed', async () => {
    lab = await start();
    const order = await api.get<{ status: string }>(`/orders/${placed}`, { token: await api.token('alice') });
    expect(order.body).toMatchObject({ id: placed, status: 'confirmed' });
    const pids = (await rows()).map(({ pid }) => pid);
    lab.child.kill('SIGKILL');
    await lab.ended;
    await expectNothingLeft(pids);
  });
});
