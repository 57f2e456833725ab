import { transformFileSync } from '@swc/core';
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PublicEntry } from './ledger.js';

describe('the mock gateway as a process', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-process-'));
  const main = join(folder, 'src', 'main.js');
  const children: ChildProcess[] = [];
  let ledgerPath: string;
  let runs = 0;

  beforeAll(() => {
    mkdirSync(join(folder, 'src'));
    const sources = readdirSync(__dirname).filter(
      (name) => name.endsWith('.ts') && !/\.(spec|harness)\.ts$/.test(name),
    );
    for (const name of sources) {
      const { code } = transformFileSync(join(__dirname, name), {
        jsc: { target: 'es2024', parser: { syntax: 'typescript' } },
        module: { type: 'commonjs' },
      });
      writeFileSync(join(folder, 'src', name.replace(/ts$/, 'js')), code);
    }
  });

  beforeEach(() => {
    runs += 1;
    ledgerPath = join(folder, `ledger-${runs}.jsonl`);
  });

  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  const environment = (extra: Record<string, string> = {}) => ({
    ...process.env,
    NODE_PATH: join(process.cwd(), 'node_modules'),
    GATEWAY_PORT: '0',
    GATEWAY_LEDGER: ledgerPath,
    ...extra,
  });

  async function start(extra: Record<string, string> = {}): Promise<{ child: ChildProcess; base: string }> {
    const child = fork(main, {
      env: environment(extra),
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    children.push(child);
    const [message] = (await once(child, 'message')) as [{ type: string; port: number }];
    expect(message.type).toBe('listening');
    return { child, base: `http://127.0.0.1:${message.port}` };
  }

  const charge = (base: string, key: string) =>
    fetch(`${base}/v1/charges`, {
      method: 'POST',
      body: JSON.stringify({ amount: 100, currency: 'EUR', token: 'tok_visa' }),
      headers: { 'Idempotency-Key': key },
    });

  const ledger = async (base: string) =>
    ((await (await fetch(`${base}/ledger`)).json()) as { entries: PublicEntry[] }).entries;

  it('keeps every charge it answered through a kill and a torn line', async () => {
    const { child, base } = await start();
    const answered: string[] = [];
    const clients = Array.from({ length: 16 }, async (_, client) => {
      for (let at = 0; ; at += 1) {
        const key = `${client}-${at}`;
        const status = await charge(base, key).then(
          (response) => response.status,
          () => null,
        );
        if (status === null) return;
        answered.push(key);
        if (answered.length === 300) child.kill('SIGKILL');
      }
    });
    await Promise.all(clients);
    appendFileSync(ledgerPath, '{"at":"2026-11-20T12:00:00.000Z","kind":"capture","key":"to');

    const { base: again } = await start();
    const entries = await ledger(again);
    expect(answered.length).toBeGreaterThanOrEqual(300);
    expect(entries.map(({ key }) => key)).toEqual(expect.arrayContaining(answered));
    expect(new Set(entries.map(({ key }) => key)).size).toBe(entries.length);
    expect((await charge(again, 'next')).status).toBe(201);
    expect((await ledger(again)).map(({ seq }) => seq)).toEqual(
      entries.map((_, at) => at + 1).concat(entries.length + 1),
    );
    expect(readFileSync(ledgerPath, 'utf8').endsWith('\n')).toBe(true);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends cleanly on %s', async (signal) => {
    const { child, base } = await start();
    await charge(base, 'k1');
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('ends with its parent when asked to', async () => {
    const { child } = await start({ GATEWAY_EXIT_WITH_PARENT: '1' });
    child.disconnect();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('says everything that is wrong with its environment', async () => {
    const env = environment({ GATEWAY_PORT: '70000', GATEWAY_DELAY_MS: 'soon' });
    const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    children.push(child);
    const said = (await child.stderr.toArray()).join('');
    expect(said).toContain('GATEWAY_PORT');
    expect(said).toContain('GATEWAY_DELAY_MS');
    expect(child.exitCode ?? (await once(child, 'exit'))[0]).toBe(1);
  });
});
