import { execFileSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type ChannelModel, connect } from 'amqplib';
import { processStartedAt } from '../../src/common/persistence/embedded/process-identity.js';
import { eventually } from '../../test/eventually.js';
import { temporaryFolder } from '../../test/folder.js';
import { thisMachine } from './programs.js';
import { type RabbitMq, startRabbitMq } from './rabbitmq.js';
import { serverAccount } from './server-account.js';
import { processesNaming, startOwner } from '../../test/run/service-owner.js';

const asRoot = process.getuid?.() === 0;

/** A broker boots in 5 s, in many times that when others keep the machine busy. */
jest.setTimeout(180_000);

describe('a RabbitMQ of our own', () => {
  let folder: string;
  let broker: RabbitMq;

  beforeAll(async () => {
    folder = await temporaryFolder('rabbitmq');
    plantLink();
    broker = await startRabbitMq({ folder, vhosts: ['one', 'two'] });
  });

  afterAll(async () => {
    await broker.stop();
    await rm(folder, { recursive: true });
  });

  /** What the account can do in the folder that is its own: have others write elsewhere than they think. */
  function plantLink(): void {
    const data = join(folder, 'rabbitmq');
    mkdirSync(data);
    writeFileSync(join(folder, 'precious'), 'untouched', { mode: 0o600 });
    symlinkSync(join(folder, 'precious'), join(data, 'advanced.config'));
    const account = serverAccount(folder);
    if (account) chownSync(data, account.uid, account.gid);
  }

  async function withConnection<T>(url: string, use: (connection: ChannelModel) => Promise<T>): Promise<T> {
    const connection = await connect(url);
    connection.on('error', () => undefined);
    try {
      return await use(connection);
    } finally {
      await connection.close();
    }
  }

  const send = (url: string, queue: string, text: string) =>
    withConnection(url, async (connection) => {
      const channel = await connection.createConfirmChannel();
      await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
      channel.sendToQueue(queue, Buffer.from(text), { persistent: true });
      await channel.waitForConfirms();
    });

  const receive = (url: string, queue: string) =>
    withConnection(url, async (connection) => {
      const channel = await connection.createChannel();
      channel.on('error', () => undefined);
      const message = await channel.get(queue, { noAck: true });
      return message && message.content.toString();
    });

  /**
   * A quorum queue is written to this file some hundred milliseconds after its declaration was confirmed. One whose
   * broker is killed before that never finds a leader again (seen in 3.10.8).
   */
  const registeredQueues = () =>
    readFileSync(
      join(folder, 'rabbitmq/data/waybill@localhost/quorum/waybill@localhost/names.dets'),
      'latin1',
    );

  it('takes and gives messages', async () => {
    await send(broker.url, 'greetings', 'hello');
    expect(await receive(broker.url, 'greetings')).toBe('hello');
  });

  it('keeps virtual hosts apart', async () => {
    await send(`${broker.url}/one`, 'mine', 'in one');
    await expect(receive(`${broker.url}/two`, 'mine')).rejects.toThrow(/NOT_FOUND/);
    expect(await receive(`${broker.url}/one`, 'mine')).toBe('in one');
    await expect(connect(`${broker.url}/three`)).rejects.toThrow(/ConnectionClose|NOT_ALLOWED/);
  });

  it('lets in nobody without its password', async () => {
    const wrong = new URL(broker.url);
    wrong.password = 'guessed';
    await expect(connect(wrong.href)).rejects.toThrow(/ACCESS_REFUSED/);
    wrong.username = 'guest';
    wrong.password = 'guest';
    await expect(connect(wrong.href)).rejects.toThrow(/ACCESS_REFUSED/);
  });

  it('is the process that its pid says, and not root', () => {
    const status = execFileSync('ps', ['-o', 'comm=,user=', '-p', String(broker.pid)], { encoding: 'utf8' });
    expect(status).toMatch(/^beam/);
    if (asRoot) expect(status).toMatch(/nobody/);
  });

  it('shows its settings to its own account only, which cannot change them', () => {
    const settings = join(folder, 'rabbitmq-settings');
    const places = ['', ...readdirSync(settings)].map((name) => statSync(join(settings, name)));
    const { uid } = statSync(folder);
    expect(places.map((place) => [place.uid, place.mode & 0o022])).toEqual(Array(5).fill([uid, 0]));
    const [, ...files] = places;
    expect(files.map(({ mode }) => mode & 0o007)).toEqual(Array(4).fill(0));
  });

  it('writes nothing where a link in its data leads', () => {
    const precious = join(folder, 'precious');
    expect(readFileSync(precious, 'utf8')).toBe('untouched');
    expect(statSync(precious).uid).toBe(statSync(folder).uid);
  });

  it('refuses a message of more than a mebibyte', async () => {
    await send(broker.url, 'sizes', 'x'.repeat(1024 * 1024));
    const outcome = await withConnection(broker.url, async (connection) => {
      const channel = await connection.createConfirmChannel();
      const refused = once(channel, 'error').then(([error]) => String(error));
      channel.sendToQueue('sizes', Buffer.alloc(1024 * 1024 + 1));
      return Promise.race([
        refused,
        channel.waitForConfirms().then(
          () => 'taken',
          () => refused,
        ),
      ]);
    });
    expect(outcome).toMatch(/PRECONDITION_FAILED.*larger than configured max size/);
  });

  it('answers to rabbitmqctl', async () => {
    expect((await broker.ctl('list_vhosts')).split('\n').sort()).toEqual(['', '/', 'one', 'two']);
    await expect(broker.ctl('no-such-command')).rejects.toThrow(/no-such-command/);
  });

  it('has a durable message after kill -9 and another start, at the same address', async () => {
    const { url, pid } = broker;
    await send(url, 'kept', 'still here');
    await eventually(() => expect(registeredQueues()).toContain('kept'));

    await broker.kill();
    expect(processStartedAt(pid)).toBeUndefined();
    await expect(connect(url)).rejects.toThrow(/ECONNREFUSED/);
    await broker.start();

    expect(broker.url).toBe(url);
    expect(broker.pid).not.toBe(pid);
    expect(await receive(url, 'kept')).toBe('still here');
  });

  it('ends by force when it does not listen, and leaves no process', async () => {
    const { pid } = broker;
    process.kill(pid, 'SIGSTOP');
    await broker.stop();
    expect(processStartedAt(pid)).toBeUndefined();
    await eventually(() => expect(processesNaming(folder)).toEqual([]));
  });

  it('leaves no epmd when a command comes after its end', async () => {
    await expect(broker.ctl('list_vhosts')).rejects.toThrow(/rabbitmqctl/);
    expect(processesNaming(folder)).toEqual([]);
  });

  it('keeps messages for the next broker in the same folder, which has another password', async () => {
    await broker.start();
    await send(broker.url, 'inherited', 'for the next');
    const before = broker.url;
    await broker.stop();

    broker = await startRabbitMq({ folder });

    expect(broker.url).not.toBe(before);
    expect(await receive(broker.url, 'inherited')).toBe('for the next');
  });

  it('gives up its start when it is stopped meanwhile', async () => {
    await broker.stop();
    const started = broker.start();
    const outcome = started.then(
      () => 'started',
      (error: unknown) => String(error),
    );
    await eventually(() => expect(processesNaming(folder)).not.toEqual([]));
    await broker.stop();
    expect(await outcome).toMatch(/RabbitMQ did not start|was stopped before/);
    await eventually(() => expect(processesNaming(folder)).toEqual([]));
  });

  it('says that a port is taken', async () => {
    await broker.start();
    const port = Number(new URL(broker.url).port);
    await expect(startRabbitMq({ folder: join(folder, 'second'), port })).rejects.toThrow(
      `RabbitMQ cannot have port ${port} of 127.0.0.1, something else listens there`,
    );
    expect(existsSync(join(folder, 'second'))).toBe(false);
  });

  it('says what to install when it is not there', async () => {
    const machine = { ...thisMachine({}), folders: [] };
    await expect(startRabbitMq({ folder, machine })).rejects.toThrow(
      'rabbitmq-server is not on this machine: install RabbitMQ 3.10 or newer (Debian: rabbitmq-server, Homebrew: rabbitmq)',
    );
  });
});

describe('a RabbitMQ whose owner is killed with -9', () => {
  it('ends, and its epmd with it', async () => {
    const folder = await temporaryFolder('rabbitmq-owner');
    const owner = await startOwner('rabbitmq', folder);
    expect(processesNaming(folder).length).toBeGreaterThanOrEqual(2);

    owner.kill('SIGKILL');

    await eventually(() => expect(processesNaming(folder)).toEqual([]));
    await rm(folder, { recursive: true });
  });
});
