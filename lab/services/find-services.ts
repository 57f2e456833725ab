import { randomBytes } from 'node:crypto';
import { rabbitMqAnswers, redisAnswers } from './answers.js';
import { findAptGet, installByApt } from './apt.js';
import { findDocker, startContainer } from './docker.js';
import type { LocalService } from './local-service.js';
import { findRabbitMq, findRedis, type Machine, thisMachine } from './programs.js';
import { type RabbitMq, startRabbitMq } from './rabbitmq.js';
import { startRedis } from './redis.js';

export interface Services {
  rabbitmqUrl: string;
  redisUrl: string;
  /** To be killed and started again; null when it was found at its URL, or runs in a container. */
  rabbitmq: RabbitMq | null;
  redis: LocalService | null;
  /** Ends what we started, and nothing else. */
  stop(): Promise<void>;
}

export interface FindOptions {
  env: Record<string, string | undefined>;
  /** For the data of what we start. */
  folder: string;
  /** Gets lines meant for people. */
  say: (line: string) => void;
  /** By default this one, with the PATH of `env`. */
  machine?: Machine;
}

/** One of the two, found or started. */
interface Found<Local extends LocalService> {
  url: string;
  local: Local | null;
  stop(): Promise<void>;
}

interface Kind<Local extends LocalService> {
  name: string;
  setting: 'RABBITMQ_URL' | 'REDIS_URL';
  defaultPort: number;
  debianPackage: string;
  find: (machine: Machine) => string | undefined;
  answers: (url: string) => Promise<void>;
  start: (options: { folder: string; say: (line: string) => void; machine: Machine }) => Promise<Local>;
  contain: (docker: string, machine: Machine) => Promise<{ url: string; stop(): Promise<void> }>;
}

const password = () => randomBytes(16).toString('hex');

const RABBITMQ: Kind<RabbitMq> = {
  name: 'RabbitMQ',
  setting: 'RABBITMQ_URL',
  defaultPort: 5672,
  debianPackage: 'rabbitmq-server',
  find: findRabbitMq,
  answers: rabbitMqAnswers,
  start: startRabbitMq,
  contain: (docker, machine) => {
    const env = { RABBITMQ_DEFAULT_USER: 'waybill', RABBITMQ_DEFAULT_PASS: password() };
    return startContainer(docker, machine, {
      image: 'rabbitmq:4',
      port: 5672,
      env,
      url: (port) => `amqp://waybill:${env.RABBITMQ_DEFAULT_PASS}@127.0.0.1:${port}`,
      answers: rabbitMqAnswers,
    });
  },
};

const REDIS: Kind<LocalService> = {
  name: 'Redis',
  setting: 'REDIS_URL',
  defaultPort: 6379,
  debianPackage: 'redis-server',
  find: findRedis,
  answers: redisAnswers,
  start: startRedis,
  contain: (docker, machine) => {
    const env = { REDIS_PASSWORD: password() };
    return startContainer(docker, machine, {
      image: 'redis:7',
      port: 6379,
      env,
      command: ['sh', '-c', 'exec redis-server --save "" --requirepass "$REDIS_PASSWORD"'],
      url: (port) => `redis://:${env.REDIS_PASSWORD}@127.0.0.1:${port}`,
      answers: redisAnswers,
    });
  },
};

/**
 * RabbitMQ and Redis: at RABBITMQ_URL and REDIS_URL when set (and answering), else started from this machine's
 * programs, else through Docker, else installed by apt-get as root on Debian after saying so.
 *
 * @throws with one message that says what to install or which URL does not answer
 */
export async function findServices(options: FindOptions): Promise<Services> {
  const machine = options.machine ?? thisMachine(options.env);
  await checkUrls(options.env);
  const wanted = [RABBITMQ, REDIS].filter(({ setting }) => !options.env[setting]);
  const docker = wanted.every(({ find }) => find(machine)) ? undefined : await findDocker(machine);
  if (!docker) await installMissing(wanted, machine, options.say);

  const both = await Promise.allSettled([
    provide(RABBITMQ, docker, machine, options),
    provide(REDIS, docker, machine, options),
  ]);
  const started = both.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const stop = async () => {
    await Promise.all(started.map((service) => service.stop()));
  };
  const [rabbitmq, redis] = both;
  if (rabbitmq.status === 'fulfilled' && redis.status === 'fulfilled') {
    return {
      rabbitmqUrl: rabbitmq.value.url,
      redisUrl: redis.value.url,
      rabbitmq: rabbitmq.value.local,
      redis: redis.value.local,
      stop,
    };
  }
  await stop();
  const reasons = both.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
  throw new Error(reasons.map(({ message }) => message).join('\n'), { cause: reasons[0] });
}

/** Makes sure that this machine has both programs, for the tests. @throws as `findServices` does */
export async function installPrograms(say: (line: string) => void): Promise<void> {
  await installMissing([RABBITMQ, REDIS], thisMachine(), say);
}

async function checkUrls(env: Record<string, string | undefined>): Promise<void> {
  const checks = [RABBITMQ, REDIS].map(async ({ name, setting, defaultPort, answers }) => {
    const url = env[setting];
    if (!url) return;
    try {
      await answers(url);
    } catch (error) {
      const { message: reason } = error as Error;
      throw new Error(
        `${setting} is set, but no ${name} that can be used answers at ${place(url, defaultPort)} (${reason}): ` +
          `start it, correct ${setting}, or unset it to have one started here`,
        { cause: error },
      );
    }
  });
  await Promise.all(checks);
}

async function provide<Local extends LocalService>(
  kind: Kind<Local>,
  docker: string | undefined,
  machine: Machine,
  options: FindOptions,
): Promise<Found<Local>> {
  const { name, setting, find, start, contain } = kind;
  const url = options.env[setting];
  if (url) return { url, local: null, stop: async () => undefined };
  if (docker && !find(machine)) {
    options.say(`${name} is not on this machine: Docker runs it, and fetches its image first if need be`);
    return { ...(await contain(docker, machine)), local: null };
  }
  const local = await start({ folder: options.folder, say: options.say, machine });
  return { url: local.url, local, stop: () => local.stop() };
}

async function installMissing(
  kinds: readonly Pick<Kind<LocalService>, 'name' | 'find' | 'debianPackage' | 'setting'>[],
  machine: Machine,
  say: (line: string) => void,
): Promise<void> {
  const missing = kinds.filter(({ find }) => !find(machine));
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name).join(' and ');
  const packages = missing.map(({ debianPackage }) => debianPackage);
  const aptGet = machine.root ? findAptGet(machine) : undefined;
  if (!aptGet)
    throw new Error(
      howToInstall(
        names,
        packages,
        missing.map(({ setting }) => setting),
      ),
    );
  say(
    `${names} ${missing.length === 1 ? 'is' : 'are'} not on this machine: apt-get installs ${packages.join(' ')} (a minute or two, once)`,
  );
  await installByApt(aptGet, packages, machine);
  const absent = missing.filter(({ find }) => !find(machine)).map(({ name }) => name);
  if (absent.length > 0)
    throw new Error(`apt-get has installed ${absent.join(' and ')}, but not where we look`);
}

function howToInstall(names: string, packages: readonly string[], settings: readonly string[]): string {
  const formulas = packages.map((name) => name.replace('-server', ''));
  return [
    `${names} cannot be found on this machine, and no Docker engine answers. One of these helps:`,
    `  Debian, Ubuntu   sudo apt-get install ${packages.join(' ')}`,
    `  macOS            brew install ${formulas.join(' ')}`,
    '  Docker           start it',
    `  elsewhere        set ${settings.join(' and ')} to where it runs`,
  ].join('\n');
}

/** Host and port of a URL: the rest may hold a password. */
function place(url: string, defaultPort: number): string {
  try {
    const { hostname, port } = new URL(url);
    return `${hostname}:${port || defaultPort}`;
  } catch {
    return 'that address, which is no URL';
  }
}
