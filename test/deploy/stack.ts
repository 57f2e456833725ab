import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from '../folder.js';
import { composeText } from './compose-files.js';
import { doorSettings } from './door.js';
import { fetchImage } from './images.js';
import { COMPOSE } from './routes.js';

const run = promisify(execFile);
const PROJECT = 'waybill-deploy';

export const DOOR = 'http://127.0.0.1:8088';
export const PROMETHEUS = 'http://127.0.0.1:9090';
export const DATABASE = 'postgres://waybill:lab-only-postgres@127.0.0.1:5432/waybill';
export const GATEWAY = 'http://127.0.0.1:8010';

export type Placement = 'webapp' | 'monolith' | 'laptop';

interface Told {
  status: number;
  body: string;
}

/** Run in a container. */
const ASK = `
const [network, ...paths] = process.argv.slice(1);
const ask = async (path) => {
  const answer = await fetch('http://' + network + ':2375' + path);
  return [path, { status: answer.status, body: await answer.text() }];
};
Promise.all(paths.map(ask)).then((answers) => console.log(JSON.stringify(answers)));
`;

/** How many services Compose finds in each placement, started as its example says. Throws where it refuses one. */
export async function composePlacements(): Promise<string[]> {
  const tls = ['webapp', 'monolith'].flatMap((name) =>
    ['file', 'acme'].map((kind) => [`${name}/compose.yaml`, `${name}/compose.tls-${kind}.yaml`]),
  );
  const plain = ['webapp', 'monolith', 'observability', 'laptop'].map((name) => [`${name}/compose.yaml`]);
  const found = [...plain, ...tls].map(async (paths) => {
    const files = paths.flatMap((path) => ['-f', join(COMPOSE, path)]);
    const env = join(COMPOSE, dirname(paths[0] ?? ''), '.env.example');
    const command = ['compose', ...files, '--env-file', env, '--profile', '*', 'config', '--services'];
    const { stdout } = await run('docker', command);
    return `${paths.at(-1)} (${stdout.trim().split('\n').length} services)`;
  });
  return Promise.all(found);
}

/** A placement by its own compose file, under a project name of its own. Each method throws with what Docker said. */
export class Stack {
  private constructor(
    private readonly folder: string,
    private readonly files: readonly string[],
    /** Why an image cannot be had, by service. HAProxy stands in for Traefik; the others stand aside. */
    readonly missing: ReadonlyMap<string, string>,
  ) {}

  static async make(placement: Placement): Promise<Stack> {
    const folder = await temporaryFolder('deploy');
    await mkdir(join(folder, 'door'));
    await writeFile(join(folder, 'door/haproxy.cfg'), doorSettings(placement));
    // The laptop is both VMs by itself.
    const alone = placement === 'laptop';
    const examples = alone ? ['laptop'] : ['observability', placement];
    const texts = examples.map((name) => composeText(`${name}/.env.example`));
    await writeFile(join(folder, '.env'), texts.join('\n'));
    const files = [
      join(COMPOSE, placement, 'compose.yaml'),
      join(__dirname, 'this-machine.yaml'),
      ...(alone ? [] : [join(__dirname, 'vm-2-beside.yaml')]),
    ];
    const missing = await new Stack(folder, files, new Map()).missingImages();
    if (missing.has('traefik')) files.push(join(__dirname, 'stand-in-door.yaml'));
    return new Stack(folder, files, missing);
  }

  private async missingImages(): Promise<Map<string, string>> {
    const { services } = JSON.parse(await this.compose('config', '--format', 'json')) as {
      services: Record<string, { image: string; build?: unknown }>;
    };
    const missing = new Map<string, string>();
    for (const [name, { image, build }] of Object.entries(services)) {
      const why = build === undefined ? await fetchImage(image) : null;
      if (why !== null) missing.set(name, `${image}: ${why}`);
    }
    return missing;
  }

  /** Everything but jobs and what stands aside. */
  async up(...options: string[]): Promise<void> {
    const services = (await this.compose('config', '--services')).split('\n');
    const there = services.filter((name) => name === 'traefik' || !this.missing.has(name));
    await this.compose('up', '--detach', ...options, ...there);
  }

  private env(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      COMPOSE_PROJECT_NAME: PROJECT,
      COMPOSE_FILE: this.files.join(delimiter),
      COMPOSE_ENV_FILES: join(this.folder, '.env'),
      OBSERVABILITY_HOST: '127.0.0.1',
      BIND_ADDRESS: '127.0.0.1',
      BACKUP_DIR: join(this.folder, 'backups'),
      DOOR_FOLDER: join(this.folder, 'door'),
    };
  }

  compose(...args: string[]): Promise<string> {
    return this.composeReading('', ...args);
  }

  private async composeReading(input: string, ...args: string[]): Promise<string> {
    const running = run('docker', ['compose', ...args], { env: this.env(), maxBuffer: 64 * 1024 * 1024 });
    running.child.stdin?.end(input);
    return (await running).stdout.trim();
  }

  /** Of the services, with an image that is like the last but for its label. */
  async roll(): Promise<void> {
    await this.compose('build', '--build-arg', `REVISION=${Date.now()}`, 'migrate');
    await run('bash', [join(COMPOSE, 'webapp/roll.sh')], { env: this.env(), maxBuffer: 64 * 1024 * 1024 });
  }

  /** The image that the containers of a service are of. */
  async imagesOf(service: string): Promise<string[]> {
    const containers = (await this.compose('ps', '--quiet', service)).split('\n');
    const { stdout } = await run('docker', ['inspect', '-f', '{{.Image}}', ...containers]);
    return stdout.trim().split('\n');
  }

  /** In `.env`, for the next `up`. */
  async setVariable(name: string, value: string): Promise<void> {
    const file = join(this.folder, '.env');
    const text = await readFile(file, 'utf8');
    const line = new RegExp(`^${name}=.*$`, 'm');
    if (!line.test(text)) throw new Error(`${file} has no ${name}`);
    await writeFile(file, text.replace(line, `${name}=${value}`));
  }

  async psql(database: string, ...statements: string[]): Promise<void> {
    const commands = statements.flatMap((statement) => ['-c', statement]);
    const psql = ['psql', '-U', 'waybill', '-h', '127.0.0.1', '-d', database, '-v', 'ON_ERROR_STOP=1'];
    await this.compose('exec', '-T', 'postgres', ...psql, ...commands);
  }

  async setBrokerPassword(password: string): Promise<void> {
    const change = ['rabbitmqctl', 'change_password', 'waybill'];
    await this.composeReading(`${password}\n`, 'exec', '-T', 'rabbitmq', ...change);
  }

  /** In RabbitMQ's queues. */
  async waitingMessages(): Promise<number> {
    const list = ['rabbitmqctl', '-q', '--no-table-headers', 'list_queues', 'messages'];
    const counts = (await this.compose('exec', '-T', 'rabbitmq', ...list)).split('\n');
    return counts.reduce((sum, count) => sum + Number(count), 0);
  }

  /** The container of a service, and its volume. */
  async loseVolume(service: string): Promise<void> {
    await this.compose('rm', '--stop', '--force', service);
    await run('docker', ['volume', 'rm', `${PROJECT}_${service}`]);
  }

  /** Bytes. */
  async imageSize(): Promise<number> {
    const { stdout } = await run('docker', ['image', 'inspect', '-f', '{{.Size}}', 'waybill:0.1.0']);
    return Number(stdout);
  }

  /** As a crash would, and not as `docker kill`, after which Docker starts nothing again. Answers the container. */
  async crash(service: string): Promise<string> {
    const [container = ''] = (await this.compose('ps', '--quiet', service)).split('\n');
    const { stdout } = await run('docker', ['inspect', '-f', '{{.State.Pid}}', container]);
    const pid = Number(stdout);
    if (!(pid > 1)) throw new Error(`${service} does not run`);
    process.kill(pid, 'SIGKILL');
    return container;
  }

  /** What docker-proxy answers to somebody in one of its networks, by path. */
  async askDocker(network: string, paths: readonly string[]): Promise<Map<string, Told>> {
    const place = [
      'run',
      '--rm',
      '--network',
      `${PROJECT}_${network}`,
      '--entrypoint',
      '/usr/local/bin/node',
    ];
    const { stdout } = await run('docker', [...place, 'waybill:0.1.0', '-e', ASK, network, ...paths], {
      maxBuffer: 64 * 1024 * 1024,
    });
    return new Map(JSON.parse(stdout) as [string, Told][]);
  }

  /** Of all containers, those that have ended too. */
  async containers(): Promise<string[]> {
    return (await this.compose('ps', '--all', '--quiet')).split('\n');
  }

  /** How often Docker has started a container again by itself. */
  async restarts(container: string): Promise<number> {
    const { stdout } = await run('docker', ['inspect', '-f', '{{.RestartCount}}', container]);
    return Number(stdout);
  }

  async down(): Promise<void> {
    await this.compose('--profile', '*', 'down', '--volumes', '--timeout', '5').catch(() => undefined);
    await rm(this.folder, { recursive: true, force: true });
  }
}
