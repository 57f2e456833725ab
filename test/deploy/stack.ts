import { execFile } from 'node:child_process';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { doorSettings } from './door.js';
import { COMPOSE } from './routes.js';

const run = promisify(execFile);
const STAND_INS = join(__dirname, 'stand-ins.yaml');
const STAND_IN_DOOR = join(__dirname, 'stand-in-door.yaml');
const PROJECT = 'waybill-deploy';

export const DOOR = 'http://127.0.0.1:8088';
export const PROMETHEUS = 'http://127.0.0.1:9090';
export const DATABASE = 'postgres://waybill:lab-only-postgres@127.0.0.1:5432/waybill';
export const GATEWAY = 'http://127.0.0.1:8010';

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

/** VM 1 by its own compose file, under a project name of its own. Each method throws with what Docker said. */
export class Stack {
  private constructor(
    private readonly folder: string,
    private readonly files: readonly string[],
  ) {}

  /** `withTraefik`: else HAProxy stands in for it. */
  static async make(folder: string, withTraefik: boolean): Promise<Stack> {
    await mkdir(join(folder, 'door'));
    await writeFile(join(folder, 'door/haproxy.cfg'), doorSettings());
    await copyFile(join(COMPOSE, 'webapp/.env.example'), join(folder, '.env'));
    const files = [join(COMPOSE, 'webapp/compose.yaml'), STAND_INS, ...(withTraefik ? [] : [STAND_IN_DOOR])];
    return new Stack(folder, files);
  }

  async compose(...args: string[]): Promise<string> {
    const files = this.files.flatMap((file) => ['-f', file]);
    const envFiles = [join(COMPOSE, 'observability/.env.example'), join(this.folder, '.env')];
    const project = ['compose', '-p', PROJECT, ...envFiles.flatMap((file) => ['--env-file', file])];
    const { stdout } = await run('docker', [...project, ...files, ...args], {
      env: {
        ...process.env,
        OBSERVABILITY_HOST: '127.0.0.1',
        BIND_ADDRESS: '127.0.0.1',
        BACKUP_DIR: join(this.folder, 'backups'),
        DOOR_FOLDER: join(this.folder, 'door'),
      },
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout.trim();
  }

  /** How many services Compose finds in each placement, started as its example says. Throws where it refuses one. */
  async placements(): Promise<string[]> {
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

  down(): Promise<string> {
    return this.compose('--profile', '*', 'down', '--volumes', '--timeout', '5');
  }
}
