import { join } from 'node:path';
import { startGateway } from './gateway.js';
import type { Keeper } from '../keeper.js';
import { startPostgres } from './postgres.js';
import { findServices, type Services } from '../services/find-services.js';
import type { LocalService } from '../services/local-service.js';
import { Watch } from './watch.js';

export const ENGINE_NAMES = ['postgres', 'rabbitmq', 'redis', 'gateway'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

/** A server that the processes need. */
export interface Engine {
  name: EngineName;
  /** May hold a password: never print it. */
  url: string;
  /** Null when it was there before us, or runs in a container: then it is not ours to kill. */
  watch: Watch | null;
}

export interface EnginesOptions {
  env: Record<string, string | undefined>;
  folder: string;
  keeper: Keeper;
  /** Told of each one that is there. */
  say: (line: string) => void;
  /** Told of what an engine that is running has to tell later. */
  note: (name: EngineName, line: string) => void;
}

/** All four together: those that the environment names, and ours in place of those that it leaves out. */
export class Engines {
  private readonly engines: Engine[] = [];
  private services: Services | null = null;

  private constructor(private readonly options: EnginesOptions) {}

  static async start(options: EnginesOptions): Promise<Engines> {
    const engines = new Engines(options);
    const started = await Promise.allSettled([
      engines.postgres(),
      engines.rabbitMqAndRedis(),
      engines.gateway(),
    ]);
    const failed = started.find((result) => result.status === 'rejected');
    if (!failed) return engines;
    await engines.stop();
    throw failed.reason;
  }

  get all(): readonly Engine[] {
    return ENGINE_NAMES.flatMap((name) => this.engines.filter((engine) => engine.name === name));
  }

  /** What the processes are told of them. */
  get env(): Record<string, string> {
    return {
      DATABASE_URL: this.urlOf('postgres'),
      RABBITMQ_URL: this.urlOf('rabbitmq'),
      REDIS_URL: this.urlOf('redis'),
      GATEWAY_URL: this.urlOf('gateway'),
    };
  }

  /** With SIGKILL; it is started again after a second. */
  async kill(name: EngineName): Promise<number> {
    const watch = this.engines.find((engine) => engine.name === name)?.watch;
    if (!watch) throw new Error(`${name} was not started by this lab: it is not ours to kill.`);
    const { pid } = watch.service;
    await watch.service.kill();
    return pid;
  }

  async stop(): Promise<void> {
    // The watches first, or they would start again what is stopped.
    await Promise.all(this.engines.map(async ({ watch }) => watch?.stop()));
    await this.services?.stop();
  }

  private async postgres(): Promise<void> {
    const { env, folder, keeper } = this.options;
    const given = env['DATABASE_URL'];
    const say = (line: string) => this.options.note('postgres', line);
    const service = given ? null : await startPostgres({ dataDir: join(folder, 'postgres'), keeper, say });
    this.add('postgres', given ?? '', service);
  }

  private async gateway(): Promise<void> {
    const { env, folder, keeper } = this.options;
    const given = env['GATEWAY_URL'];
    const ledger = join(folder, 'gateway', 'ledger.jsonl');
    this.add('gateway', given ?? '', given ? null : await startGateway({ ledger, keeper }));
  }

  private async rabbitMqAndRedis(): Promise<void> {
    const { env, folder, say } = this.options;
    this.services = await findServices({ env, folder: join(folder, 'services'), say });
    this.add('rabbitmq', this.services.rabbitmqUrl, this.services.rabbitmq);
    this.add('redis', this.services.redisUrl, this.services.redis);
  }

  private add(name: EngineName, given: string, service: LocalService | null): void {
    const url = service?.url ?? given;
    // PostgreSQL starts itself again.
    const note = (line: string) => name !== 'postgres' && this.options.note(name, line);
    this.engines.push({ name, url, watch: service && new Watch(name, service, note) });
    const { host } = new URL(url);
    this.options.say(`${service ? 'Started' : 'Found'} ${name} at ${host}`);
  }

  private urlOf(name: EngineName): string {
    return this.engines.find((engine) => engine.name === name)?.url ?? '';
  }
}
