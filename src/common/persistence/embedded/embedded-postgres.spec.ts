import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { transformFileSync } from '@swc/core';
import { Client } from 'pg';
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from './embedded-postgres.js';
import { findPostmaster, stopPostmaster } from './postmaster.js';
import { processStartedAt } from './process-identity.js';
import { canEnter, isRoot, nobody, type RunAs } from './run-as.js';

/** What can only be tried by root is only there for root: a test that is skipped looks like one that passed. */
const describeAsRoot = describeIf(isRoot());
/** The child is this same Node with the same packages, and both may lie in root's closed home. */
const othersCanRunNode = isRoot() && [process.execPath, __filename].every((path) => canEnter(path, nobody()));
const describeAsUser = describeIf(othersCanRunNode);
/** Any account but root and `nobody` that every system has. */
const normalUser: RunAs = { uid: 1, gid: 1 };

function describeIf(applies: boolean): (name: string, tests: () => void) => void {
  return (name, tests) => {
    if (applies) describe(name, tests);
  };
}

describe('the embedded PostgreSQL', () => {
  let scratch: string;
  /** One for most tests, because making a new one is most of a test's time; each test makes tables of its own. */
  let sharedDataDir: string;
  let dataDir: string;
  const servers: EmbeddedPostgres[] = [];
  const children: ChildProcess[] = [];

  beforeAll(() => {
    sharedDataDir = join(openFolder(), 'data', 'postgres');
  });

  beforeEach(() => {
    scratch = openFolder();
    dataDir = sharedDataDir;
  });

  afterAll(() => rmSync(dirname(dirname(sharedDataDir)), { recursive: true }));

  afterEach(async () => {
    for (const child of children.splice(0)) await kill(child);
    for (const server of servers.splice(0)) await server.stop();
    const cluster = join(dataDir, 'cluster');
    if (existsSync(cluster)) await stopPostmaster(realpathSync(cluster));
    rmSync(scratch, { recursive: true });
  });

  function useNewDataDir(): void {
    dataDir = join(scratch, 'data', 'postgres');
  }

  async function start(options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
    const server = await startEmbeddedPostgres({ dataDir, ...options });
    servers.push(server);
    return server;
  }

  async function startInChild(account?: RunAs): Promise<Child> {
    const child = spawnStarter(dataDir, scratch, account);
    children.push(child);
    return { child, report: await firstLine<Report>(child) };
  }

  function postmasterPid(): number {
    const found = findPostmaster(realpathSync(join(dataDir, 'cluster')));
    if (!found) throw new Error('no server is running');
    return found.pid;
  }

  it('makes a durable UTF-8 database at first, and keeps data, address and password between runs', async () => {
    useNewDataDir();
    const first = await start();
    await query(first.url, "CREATE TABLE kept AS SELECT 'Ärger' AS word");
    const settings = `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS sync,
      current_setting('listen_addresses') AS address, current_setting('unix_socket_directories') AS socket,
      current_setting('server_encoding') AS encoding, lower('ÄRGER') AS lowered, current_user::text AS "user"`;
    expect(await query(first.url, settings)).toEqual([
      {
        fsync: 'on',
        sync: 'on',
        address: '127.0.0.1',
        socket: '',
        encoding: 'UTF8',
        lowered: 'ärger',
        user: 'waybill',
      },
    ]);
    await first.stop();

    const second = await start();

    expect(second).toMatchObject({ url: first.url, adopted: false });
    expect(await query(second.url, 'SELECT word FROM kept')).toEqual([{ word: 'Ärger' }]);
  });

  it('takes settings on top of its own', async () => {
    const { url } = await start({ settings: { max_connections: '33' } });
    const settings = `SELECT current_setting('max_connections') AS most, current_setting('shared_buffers') AS buffers`;
    expect(await query(url, settings)).toEqual([{ most: '33', buffers: '256MB' }]);
  });

  it('keeps the password to the owner and accepts no other', async () => {
    const { url } = await start();
    expect(statSync(join(dataDir, 'superuser-password')).mode & 0o777).toBe(0o600);
    const wrong = new URL(url);
    wrong.password = 'guessed';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
  });

  it('stops its server with clients connected, as often as it is asked', async () => {
    const server = await start();
    const pid = postmasterPid();
    const client = await connect(server.url);
    await client.query('BEGIN');
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
    expect(processStartedAt(pid)).toBeUndefined();
  });

  it('does not stop the server of a later start', async () => {
    const first = await start();
    await first.stop();
    const second = await start();
    await first.stop();
    expect(await query(second.url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
  });

  it('adopts the server of a process that was killed, and stops it then', async () => {
    const { child, report } = await startInChild();
    await query(report.url, 'CREATE TABLE adopted AS SELECT 7 AS n');
    const pid = postmasterPid();
    await kill(child);

    const adopted = await start();

    expect(adopted).toMatchObject({ url: report.url, adopted: true });
    expect(postmasterPid()).toBe(pid);
    expect(await query(adopted.url, 'SELECT n FROM adopted')).toEqual([{ n: 7 }]);
    await adopted.stop();
    expect(processStartedAt(pid)).toBeUndefined();
  });

  it('recovers what was committed when the process and the server are killed together', async () => {
    const { child, report } = await startInChild();
    await query(report.url, 'CREATE TABLE recovered AS SELECT 7 AS n');
    process.kill(postmasterPid(), 'SIGKILL');
    await kill(child);

    const recovered = await start();

    expect(recovered.adopted).toBe(false);
    expect(await query(recovered.url, 'SELECT n FROM recovered')).toEqual([{ n: 7 }]);
  });

  it('refuses a folder whose owner lives, and leaves its server alone', async () => {
    const { child, report } = await startInChild();
    await expect(start()).rejects.toThrow(
      `another Waybill (pid ${child.pid}) uses this data folder; stop it, or set DATA_DIR`,
    );
    expect(await query(report.url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
  });

  it('lets exactly one of three processes have the folder when all start at once', async () => {
    const reports = await Promise.all([startInChild(), startInChild(), startInChild()]);
    const refusals = reports.flatMap(({ report }) => report.error ?? []);
    expect(refusals).toEqual([
      expect.stringContaining('another Waybill'),
      expect.stringContaining('another Waybill'),
    ]);
  });

  it('never has two owners, however hard processes compete for a folder', async () => {
    const rivals = [1, 2, 3].map(() => spawnRival(scratch));
    children.push(...rivals);
    const reports = await Promise.all(rivals.map((rival) => firstLine<object>(rival)));
    expect(reports).toEqual(rivals.map(() => ({ wins: 200, clashes: 0 })));
  });

  it('brings the server back on the same port when it dies under us', async () => {
    const server = await start();
    await query(server.url, 'CREATE TABLE revived AS SELECT 7 AS n');
    process.kill(postmasterPid(), 'SIGKILL');
    await eventually(async () =>
      expect(await query(server.url, 'SELECT n FROM revived')).toEqual([{ n: 7 }]),
    );
  });

  it('starts although the pid in a stale lock file now belongs to another program', async () => {
    const server = await start();
    const copy = readFileSync(join(dataDir, 'cluster', 'postmaster.pid'), 'utf8');
    await server.stop();
    const account = isRoot() ? nobody() : {};
    const stranger = spawn('sleep', ['60'], { ...account, cwd: '/' });
    children.push(stranger);
    const stale = join(dataDir, 'cluster', 'postmaster.pid');
    writeFileSync(stale, copy.replace(/^\d+/, String(stranger.pid)), { mode: 0o600 });
    if (isRoot()) chownSync(stale, nobody().uid, nobody().gid);

    expect((await start()).adopted).toBe(false);
  });

  it('says what to do about a wrong password, and lets go of server and folder', async () => {
    await (await start()).stop();
    const file = join(dataDir, 'superuser-password');
    const password = readFileSync(file, 'utf8');
    writeFileSync(file, 'another');
    await expect(start()).rejects.toThrow(/refuses the password kept in the data folder: put back/);
    expect(postmasterPid).toThrow('no server is running');
    writeFileSync(file, password);
    await start();
  });

  it('passes on what PostgreSQL says when its port is taken', async () => {
    const occupant = createServer().listen(0, '127.0.0.1').unref();
    await once(occupant, 'listening');
    const { port } = occupant.address() as AddressInfo;
    await expect(start({ port })).rejects.toThrow(/did not start: .*Address already in use/s);
    occupant.close();
  });

  it('keeps the server log short while it runs', async () => {
    await start();
    const log = join(dataDir, 'postgres.log');
    appendFileSync(log, 'x'.repeat(5 * 1024 * 1024));
    await eventually(async () => expect(statSync(log).size).toBeLessThan(1024 * 1024));
  });

  describeAsRoot('started by root', () => {
    it('runs as nobody when we are root', async () => {
      await start();
      expect(statSync(`/proc/${postmasterPid()}`).uid).toBe(nobody().uid);
    });

    it('works below a folder that only root can enter, and keeps the data there between runs', async () => {
      useNewDataDir();
      chmodSync(scratch, 0o700);
      const first = await start();
      const home = dirname(realpathSync(join(dataDir, 'cluster')));
      try {
        await query(first.url, 'CREATE TABLE kept AS SELECT 7 AS n');
        await first.stop();
        const second = await start();
        expect(await query(second.url, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
        expect(readFileSync(join(home, 'belongs-to'), 'utf8')).toBe(dataDir);
        await second.stop();
      } finally {
        removeShared(home);
      }
    });

    it('takes over a folder that was copied by root', async () => {
      await (await start()).stop();
      execFileSync('chown', ['-R', '0:0', dataDir]);
      await start();
      expect(statSync(`/proc/${postmasterPid()}`).uid).toBe(nobody().uid);
    });
  });

  describeAsUser('started by a normal user', () => {
    it('runs as a normal user, in whose name root runs the server afterwards', async () => {
      useNewDataDir();
      mkdirSync(dataDir, { recursive: true });
      chownSync(dataDir, normalUser.uid, normalUser.gid);
      const { child, report } = await startInChild(normalUser);
      expect(await query(report.url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
      expect(statSync(`/proc/${child.pid}`).uid).toBe(normalUser.uid);
      await kill(child);
      const adopted = await start();
      expect(adopted.adopted).toBe(true);
      await adopted.stop();

      expect((await start()).adopted).toBe(false);
      expect(statSync(`/proc/${postmasterPid()}`).uid).toBe(normalUser.uid);
    });

    it('refuses to a normal user a folder that root has used', async () => {
      useNewDataDir();
      mkdirSync(join(dataDir, 'cluster'), { recursive: true });
      chownSync(dataDir, normalUser.uid, normalUser.gid);
      const { report } = await startInChild(normalUser);
      expect(report.error).toMatch(/belongs to another user \(uid 0\)/);
    });
  });
});

/** Where `nobody` can go: a temporary folder is made for its owner alone. */
function openFolder(): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'waybill-postgres-'));
  chmodSync(folder, 0o755);
  return folder;
}

function removeShared(folder: string): void {
  rmSync(folder, { recursive: true });
  const isLast = readdirSync(dirname(folder)).length === 0;
  if (isLast) rmdirSync(dirname(folder));
}

interface Report {
  url: string;
  adopted?: boolean;
  error?: string;
}

interface Child {
  child: ChildProcess;
  report: Report;
}

let compiled: string | undefined;

function spawnStarter(dataDir: string, scratch: string, account?: RunAs): ChildProcess {
  const code = compileForPlainNode(scratch);
  const script = `
    const { startEmbeddedPostgres } = require(${JSON.stringify(join(code, 'embedded-postgres.js'))});
    const say = (report) => console.log(JSON.stringify(report));
    startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)} })
      .then(({ url, adopted }) => say({ url, adopted }), (error) => say({ url: '', error: error.message }));
    setInterval(() => {}, 1000);`;
  return spawnNode(script, account);
}

/** Claims and releases a folder until it has won often; whoever finds somebody else inside has a clash to report. */
function spawnRival(scratch: string): ChildProcess {
  const code = compileForPlainNode(scratch);
  const script = `
    const { claimFolder } = require(${JSON.stringify(join(code, 'folder-owner.js'))});
    const fs = require('node:fs');
    const folder = ${JSON.stringify(scratch)};
    let clashes = 0;
    for (let wins = 0; wins < 200; ) {
      let claim;
      try { claim = claimFolder(folder); } catch (error) { if (/another Waybill/.test(error.message)) continue; throw error; }
      try { fs.mkdirSync(folder + '/inside'); fs.rmdirSync(folder + '/inside'); } catch { clashes++; }
      claim.release();
      wins++;
    }
    console.log(JSON.stringify({ wins: 200, clashes }));`;
  return spawnNode(script);
}

function spawnNode(script: string, account?: RunAs): ChildProcess {
  const env = { NODE_PATH: nodeModules() };
  return spawn(process.execPath, ['-e', script], {
    ...account,
    cwd: '/',
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** The children run plain Node, without Jest: this folder's code as CommonJS. */
function compileForPlainNode(folder: string): string {
  if (compiled?.startsWith(folder)) return compiled;
  compiled = join(folder, 'code');
  mkdirSync(compiled, { recursive: true });
  for (const name of readdirSync(__dirname).filter((file) => /(?<!\.spec)\.ts$/.test(file))) {
    const { code } = transformFileSync(join(__dirname, name), {
      jsc: { target: 'es2024', parser: { syntax: 'typescript' } },
      module: { type: 'commonjs' },
    });
    writeFileSync(join(compiled, name.replace(/\.ts$/, '.js')), code);
  }
  return compiled;
}

function nodeModules(): string {
  const path = require.resolve('pg');
  return path.slice(0, path.lastIndexOf('node_modules') + 'node_modules'.length);
}

async function firstLine<T>(child: ChildProcess): Promise<T> {
  if (!child.stdout) throw new Error('the child has no output');
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line) as T;
  throw new Error('the child ended without a word');
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise((resolve) => {
    child.once('exit', resolve);
    child.kill('SIGKILL');
  });
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = await connect(url);
  try {
    return (await client.query<object>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function eventually(check: () => Promise<void>, patienceMs = 10_000): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(50);
    }
  }
}
