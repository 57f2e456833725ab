import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { processStartedAt } from '../../src/common/persistence/embedded/process-identity.js';
import { temporaryFolder } from '../../test/folder.js';
import { rabbitForTest, redisForTest, type TestBroker } from '../../test/services.js';
import { freePort } from '../free-port.js';
import { rabbitMqAnswers, redisAnswers } from './answers.js';
import { installByApt } from './apt.js';
import { findServices } from './find-services.js';
import type { LocalService } from './local-service.js';
import { findRedis, type Machine, thisMachine } from './programs.js';

/** A broker boots in 5 s, in many times that when others keep the machine busy. */
jest.setTimeout(180_000);

describe('finding services', () => {
  let folder: string;
  let broker: TestBroker;
  let redis: LocalService;
  let said: string[];
  const say = (line: string) => said.push(line);

  beforeAll(async () => {
    broker = await rabbitForTest();
    redis = await redisForTest();
  });

  afterAll(async () => {
    await redis.stop();
    await broker.release();
  });

  beforeEach(async () => {
    folder = await temporaryFolder('find');
    await chmod(folder, 0o777); // Scripts that stand for servers run as nobody.
    said = [];
  });

  afterEach(() => rm(folder, { recursive: true }));

  /** A machine that has only the programs given: shell scripts. */
  async function machineWith(scripts: Record<string, string>, root = false): Promise<Machine> {
    const bin = join(folder, 'bin');
    await mkdir(bin);
    for (const [name, script] of Object.entries(scripts)) {
      writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    }
    return { path: bin, folders: [], root, policyFile: join(folder, 'policy-rc.d') };
  }

  const find = (env: Record<string, string>, machine?: Machine) =>
    findServices({ env: { PATH: process.env['PATH'], ...env }, folder, say, ...(machine && { machine }) });

  describe('at their URLs', () => {
    it('uses what answers there, and leaves it running', async () => {
      const services = await find({ RABBITMQ_URL: broker.url, REDIS_URL: redis.url });
      expect(services).toMatchObject({
        rabbitmqUrl: broker.url,
        redisUrl: redis.url,
        rabbitmq: null,
        redis: null,
      });
      await services.stop();
      await rabbitMqAnswers(broker.url);
      await redisAnswers(redis.url);
    });

    it('needs no program of the machine then', async () => {
      const services = await find({ RABBITMQ_URL: broker.url, REDIS_URL: redis.url }, await machineWith({}));
      expect(services.redisUrl).toBe(redis.url);
    });

    it.each([
      ['RABBITMQ_URL', 'RabbitMQ', 'amqp://me:hush@127.0.0.1'],
      ['REDIS_URL', 'Redis', 'redis://:hush@127.0.0.1'],
    ])(
      'says where nothing answers when %s leads nowhere, without its password',
      async (setting, name, url) => {
        const port = await freePort();
        const failure = await failureOf(find({ [setting]: `${url}:${port}` }));
        expect(failure).toBe(
          `${setting} is set, but no ${name} that can be used answers at 127.0.0.1:${port} ` +
            `(connect ECONNREFUSED 127.0.0.1:${port}): start it, correct ${setting}, or unset it to have one started here`,
        );
      },
    );

    it('says that a password is wrong, not which', async () => {
      const wrong = new URL(redis.url);
      wrong.password = 'guessed';
      const failure = await failureOf(find({ REDIS_URL: wrong.href }));
      expect(failure).toMatch(/WRONGPASS/);
      expect(failure).not.toContain('guessed');
    });
  });

  it('starts programs of this machine, and ends them', async () => {
    const services = await find({});
    const pids = [services.rabbitmq?.pid, services.redis?.pid].map((pid) => Number(pid));
    try {
      await rabbitMqAnswers(services.rabbitmqUrl);
      await redisAnswers(services.redisUrl);
    } finally {
      await services.stop();
    }
    expect(pids.every((pid) => pid > 0)).toBe(true);
    expect(pids.map(processStartedAt)).toEqual([undefined, undefined]);
    expect(said).toEqual([]);
  });

  it('ends the one that started when the other does not', async () => {
    const machine = await machineWith({
      epmd: 'exit 0',
      'rabbitmq-server': 'echo no erlang here; exit 3',
      'redis-server': `echo $$ > ${folder}/pid; exec ${findRedis(thisMachine())} "$@"`,
    });
    const failure = await failureOf(find({}, machine));
    expect(failure).toMatch(/^RabbitMQ did not start \(it ended with code 3\): no erlang here \(log: .*\)$/);
    expect(processStartedAt(Number(readFileSync(join(folder, 'pid'), 'utf8')))).toBeUndefined();
  });

  it('says in one message what to install on a machine that has nothing', async () => {
    expect(await failureOf(find({}, await machineWith({}, true)))).toBe(
      [
        'RabbitMQ and Redis cannot be found on this machine, and no Docker engine answers. One of these helps:',
        '  Debian, Ubuntu   sudo apt-get install rabbitmq-server redis-server',
        '  macOS            brew install rabbitmq redis',
        '  Docker           start it',
        '  elsewhere        set RABBITMQ_URL and REDIS_URL to where it runs',
      ].join('\n'),
    );
  });

  it('names only what is missing, and does not count a Docker client without its engine', async () => {
    const machine = await machineWith({ docker: 'echo Cannot connect to the Docker daemon >&2; exit 1' });
    const failure = await failureOf(find({ RABBITMQ_URL: broker.url }, machine));
    expect(failure).toMatch(/^Redis cannot be found/);
    expect(failure).toContain('sudo apt-get install redis-server\n');
    expect(failure).not.toContain('RABBITMQ_URL');
  });

  it('installs nothing when it is not root', async () => {
    const machine = await machineWith({ 'apt-get': `echo "$@" >> ${folder}/calls` });
    expect(await failureOf(find({ RABBITMQ_URL: broker.url }, machine))).toMatch(/^Redis cannot be found/);
    expect(existsSync(join(folder, 'calls'))).toBe(false);
  });

  describe('through Docker', () => {
    const engine = (port: number) => `case $1 in
      version) echo 28.0.0 ;;
      run) echo "$@" > ${folder}/run; echo $$ > ${folder}/pid
        exec ${findRedis(thisMachine())} --port ${port} --bind 127.0.0.1 --save '' --requirepass "$REDIS_PASSWORD" ;;
      port) echo 127.0.0.1:${port} ;;
      rm) kill $(/bin/cat ${folder}/pid) ;;
    esac`;

    it('runs what is not on the machine, says so, and ends it', async () => {
      const port = await freePort();
      const services = await find({ RABBITMQ_URL: broker.url }, await machineWith({ docker: engine(port) }));
      await redisAnswers(services.redisUrl);
      expect(services.redis).toBeNull();
      expect(said).toEqual([
        'Redis is not on this machine: Docker runs it, and fetches its image first if need be',
      ]);
      const command = readFileSync(join(folder, 'run'), 'utf8');
      expect(command).toMatch(/^run --rm --name waybill-\w+ -p 127\.0\.0\.1::6379 -e REDIS_PASSWORD redis:/);
      expect(command).not.toContain(new URL(services.redisUrl).password);

      await services.stop();

      expect(processStartedAt(Number(readFileSync(join(folder, 'pid'), 'utf8')))).toBeUndefined();
    });

    it('says what Docker said when it cannot', async () => {
      const docker = 'case $1 in version) ;; *) echo no such image >&2; exit 125 ;; esac';
      const failure = await failureOf(find({ RABBITMQ_URL: broker.url }, await machineWith({ docker })));
      expect(failure).toBe('Docker did not start redis:7: no such image');
    });
  });

  describe('by apt-get as root', () => {
    const realRedis = () => findRedis(thisMachine());

    it('installs what is missing after saying so, keeps daemons from starting, and starts it itself', async () => {
      const machine = await machineWith(
        {
          'apt-get': `echo "$@" >> ${folder}/calls
            ${folder}/policy-rc.d redis-server start; echo "policy $?" >> ${folder}/calls
            /bin/ln -s ${realRedis()} ${folder}/bin/redis-server`,
          systemctl: `echo systemctl "$@" >> ${folder}/calls`,
        },
        true,
      );
      const services = await find({ RABBITMQ_URL: broker.url }, machine);
      await redisAnswers(services.redisUrl);
      await services.stop();
      expect(said).toEqual([
        'Redis is not on this machine: apt-get installs redis-server (a minute or two, once)',
      ]);
      expect(readFileSync(join(folder, 'calls'), 'utf8')).toBe(
        '-o DPkg::Lock::Timeout=300 -o Acquire::http::Timeout=30 install -y --no-install-recommends redis-server\npolicy 101\n' +
          'systemctl disable redis-server\n',
      );
      expect(existsSync(machine.policyFile)).toBe(false);
    });

    it('brings its lists up to date when a package is not found', async () => {
      const machine = await machineWith(
        {
          'apt-get': `case "$*" in
            *update) echo fresh > ${folder}/lists ;;
            *) [ -e ${folder}/lists ] && /bin/ln -s ${realRedis()} ${folder}/bin/redis-server ;;
          esac`,
        },
        true,
      );
      const services = await find({ RABBITMQ_URL: broker.url }, machine);
      await services.stop();
      expect(readFileSync(join(folder, 'lists'), 'utf8')).toBe('fresh\n');
    });

    it('ends an apt-get that comes to no end, with what it has started, and says so', async () => {
      const machine = await machineWith(
        { 'apt-get': `echo $$ >> ${folder}/pids; echo waiting for headers; /bin/sleep 30; exit 1` },
        true,
      );
      const failure = await failureOf(
        installByApt(join(folder, 'bin/apt-get'), ['one', 'two'], machine, 600),
      );
      expect(failure).toBe(
        'apt-get had not installed one and two after 0.01 minutes, and was ended: ' +
          'see whether `sudo apt-get install one two` works (waiting for headers)',
      );
      // Once: there is no time left to bring lists up to date.
      const pids = readFileSync(join(folder, 'pids'), 'utf8').trim().split('\n').map(Number);
      expect(pids.map(processStartedAt)).toEqual([undefined]);
      expect(existsSync(machine.policyFile)).toBe(false);
    }, 20_000);

    it('says what apt-get said when it fails, and leaves a policy alone that was there before', async () => {
      const machine = await machineWith({ 'apt-get': 'echo E: no network; exit 100' }, true);
      symlinkSync('/bin/true', machine.policyFile);
      const failure = await failureOf(find({ RABBITMQ_URL: broker.url }, machine));
      expect(failure).toBe('apt-get could not install redis-server: E: no network');
      expect(existsSync(machine.policyFile)).toBe(true);
    });
  });
});

function failureOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'nothing failed',
    (error: unknown) => (error as Error).message,
  );
}
