import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { isRoot } from '../../src/common/persistence/embedded/run-as.js';
import { rabbitMqAnswers } from './answers.js';
import type { LocalService } from './local-service.js';
import { portFor } from './port-for.js';
import { findProgram, findRabbitMq, type Machine, searchPath, thisMachine } from './programs.js';
import { brokerDefinitions, brokerSettings, USER } from './rabbitmq-settings.js';
import { giveFolder, serverAccount, writeForAccount } from './server-account.js';
import { ServerProcess } from './server-process.js';

/** Booting takes 5 to 8 s, several times that on a busy machine. */
const START_MS = 90_000;
const COMMAND_MS = 30_000;

export interface RabbitMqOptions {
  /** Keeps queues and messages, for the next start too; made when missing. One broker at a time. */
  folder: string;
  /** By default a free one. */
  port?: number;
  /** Beside `/`, which `url` leads to; another is reached by its name behind the URL: `${url}/name`. */
  vhosts?: readonly string[];
  /** Gets a line meant for people when there is something to know. */
  say?: (line: string) => void;
  /** Where to look for programs. */
  machine?: Machine;
}

export interface RabbitMq extends LocalService {
  /** Runs `rabbitmqctl` on this broker (`ctl('list_queues', '-p', '/')`) and gives what it prints, without headers. */
  ctl(...args: string[]): Promise<string>;
}

/**
 * Starts a RabbitMQ with all ports on 127.0.0.1, no plugins, and an epmd of its own, so that it leaves none behind.
 *
 * @throws with words a person can act on: it is not installed or too old, the port is taken, the folder is another
 * user's, it did not start
 */
export async function startRabbitMq(options: RabbitMqOptions): Promise<RabbitMq> {
  const machine = options.machine ?? thisMachine();
  const { server, epmd } = programs(machine);
  const port = await portFor('RabbitMQ', options.port);
  const epmdPort = await portFor('epmd');
  const folder = resolve(options.folder);
  mkdirSync(folder, { recursive: true });
  const account = serverAccount(folder);
  if (isRoot() && !account) options.say?.(`RabbitMQ runs as root: user nobody cannot enter ${folder}`);
  const data = join(folder, 'rabbitmq');
  const settings = join(folder, 'rabbitmq-settings');
  const password = randomBytes(16).toString('hex');
  const url = `amqp://${USER}:${password}@127.0.0.1:${port}`;
  const env = {
    ...environment(data, settings, machine, epmdPort),
    RABBITMQ_DIST_PORT: String(await portFor('RabbitMQ')),
  };
  giveFolder(data, account);
  const definitions = join(settings, 'definitions.json');
  writeForAccount(settings, account, {
    'definitions.json': brokerDefinitions(password, ['/', ...(options.vhosts ?? [])]),
    'rabbitmq.conf': brokerSettings({ port, definitions }),
    'advanced.config': '[].\n',
    enabled_plugins: '[].\n',
  });

  const outputFile = join(folder, 'rabbitmq.out');
  const broker = await ServerProcess.start({
    name: 'RabbitMQ',
    url,
    server: { file: server, args: [], env },
    helper: { file: epmd, args: ['-port', String(epmdPort), '-address', '127.0.0.1'], env },
    account,
    outputFile,
    logFiles: [outputFile, join(data, 'log', 'rabbit.log')],
    answers: () => rabbitMqAnswers(url),
    startMs: START_MS,
  });
  const ctl = async (...args: string[]) => {
    const limits = { ...account, env, cwd: '/', timeout: COMMAND_MS };
    return (await promisify(execFile)(join(dirname(server), 'rabbitmqctl'), ['--silent', ...args], limits))
      .stdout;
  };
  return Object.assign(broker, { ctl });
}

function programs(machine: Machine): { server: string; epmd: string } {
  const server = findRabbitMq(machine);
  const erl = findProgram('erl', machine);
  const epmd = findProgram('epmd', machine) ?? (erl && findProgram('epmd', beside(erl)));
  if (server && epmd) return { server, epmd };
  throw new Error(
    `${server ? "Erlang's epmd" : 'rabbitmq-server'} is not on this machine: ` +
      'install RabbitMQ 3.10 or newer (Debian: rabbitmq-server, Homebrew: rabbitmq)',
  );
}

function beside(program: string): Machine {
  return { ...thisMachine({}), folders: [dirname(realpathSync(program))] };
}

/** All that RabbitMQ would otherwise look for in /etc and in homes, and put into /var. */
function environment(
  data: string,
  settings: string,
  machine: Machine,
  epmdPort: number,
): Record<string, string> {
  const loopback = '-kernel inet_dist_use_interface {127,0,0,1}';
  return {
    PATH: searchPath(machine),
    LC_ALL: 'C.UTF-8',
    HOME: data, // Holds the cookie by which rabbitmqctl is known to its broker.
    RABBITMQ_CONF_ENV_FILE: join(settings, 'none'),
    RABBITMQ_CONFIG_FILE: join(settings, 'rabbitmq.conf'),
    RABBITMQ_CONFIG_FILES: join(settings, 'none', '*.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(settings, 'advanced.config'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(settings, 'enabled_plugins'),
    RABBITMQ_MNESIA_BASE: join(data, 'data'),
    RABBITMQ_LOG_BASE: join(data, 'log'),
    // Names the data's folder, so it must stay. It need not be unique: no two brokers share an epmd.
    RABBITMQ_NODENAME: 'waybill@localhost',
    ERL_EPMD_PORT: String(epmdPort),
    // Or a command that comes after the end of ours would start another, and leave it running for ever.
    ERL_ZFLAGS: '-start_epmd false',
    ERL_CRASH_DUMP: '/dev/null', // What such a command would leave in its folder.
    // Otherwise a shell stays in front of the server, and our signals would reach that. `-noinput` is then ours to say.
    RABBITMQ_ALLOW_INPUT: '1',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `-noinput ${loopback} +S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none`,
    RABBITMQ_CTL_ERL_ARGS: loopback,
  };
}
