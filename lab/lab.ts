import { mkdirSync } from 'node:fs';
import { MODULE_NAMES } from '../src/modules.js';
import { requireFreePort } from '../src/port-check.js';
import type { Stream } from './child.js';
import { Cluster } from './cluster.js';
import { type EngineName, Engines } from './engines/engines.js';
import { Keeper } from './keeper.js';
import type { Member, MemberState } from './member.js';
import type { LabSettings } from './console/settings.js';

export interface LabOptions extends LabSettings {
  env: Record<string, string | undefined>;
  /** Progress at the start, and what people should know later. */
  say: (line: string) => void;
  /** What a process printed. */
  onLine: (process: string, line: string, stream: Stream) => void;
  /** What became of a process or an engine. */
  onNews: (name: string, news: string) => void;
  /** Gives up a start that is not done yet. */
  signal: AbortSignal;
}

/** The split system on this machine: engines, a process for each module, and one address for all. */
export class Lab {
  private constructor(
    readonly cluster: Cluster,
    readonly engines: Engines,
    private readonly keeper: Keeper,
  ) {}

  /** @throws with words a person can act on; nothing is left running then */
  static async start(options: LabOptions): Promise<Lab> {
    const { port, folder, env, say, onNews, signal } = options;
    await requireFreePort('127.0.0.1', port);
    mkdirSync(folder, { recursive: true });
    const keeper = new Keeper();
    let engines: Engines | null = null;
    try {
      engines = await Engines.start({ env, folder, keeper, say, note: onNews });
      const cluster = await Cluster.start({
        layout: MODULE_NAMES.map((module) => ({ modules: [module] })),
        frontend: true,
        env: { NODE_ENV: 'development', LAB_SWITCHES: 'true', ...options.passedOn, ...engines.env },
        port,
        modulePorts: true,
        onLine: options.onLine,
        onState: (member, state, why) => tell(onNews, member, state, why),
        signal,
      });
      return new Lab(cluster, engines, keeper);
    } catch (error) {
      await engines?.stop();
      await keeper.close();
      throw error;
    }
  }

  get url(): string {
    return this.cluster.url;
  }

  async killEngine(name: EngineName): Promise<number> {
    return this.engines.kill(name);
  }

  /** The processes first, while what they need to end in order is still there. */
  async stop(): Promise<void> {
    await this.cluster.stop();
    await this.engines.stop();
    await this.keeper.close();
  }
}

function tell(onNews: LabOptions['onNews'], member: Member, state: MemberState, why: string): void {
  if (state === 'ready') onNews(member.name, `ready at http://127.0.0.1:${member.port} (pid ${member.pid})`);
  if (state === 'down') onNews(member.name, `has ended (${why}); starting it again`);
  if (state === 'stopped' && why === '') onNews(member.name, 'stopped');
}
