import { join } from 'node:path';
import { MODULE_NAMES, type ModuleName } from '../src/modules.js';
import { portOf } from '../src/ports.js';
import type { Stream } from './child.js';
import { inLanes } from './in-lanes.js';
import { Keeper } from './keeper.js';
import { Member, type MemberState, type MemberStatus } from './member.js';
import { Proxy } from './proxy/proxy.js';
import type { Part } from './proxy/routes.js';
import { Upstreams } from './proxy/upstreams.js';

/** More at a time would only take turns on a small machine. */
const STARTS_AT_ONCE = 4;
const MOST_REPLICAS = 20;

export interface ClusterOptions {
  /** Modules of each process, and how many replicas of it: `[{ modules: ['orders'], replicas: 2 }, …]`. */
  layout: readonly { modules: readonly ModuleName[]; replicas?: number }[];
  /** Whether the web page has a process too. */
  frontend?: boolean;
  /** DATABASE_URL, RABBITMQ_URL, REDIS_URL, GATEWAY_URL and settings on top: all that each process is told. */
  env: Readonly<Record<string, string>>;
  /** Of the proxy; 0, the default, takes a free one. */
  port?: number;
  /** Whether the first replica of a module alone takes the module's own port when it is free. */
  modulePorts?: boolean;
  /** Hears what the processes print. */
  onLine?: (process: string, line: string, stream: Stream) => void;
  /** Gets a log file for each process, in the place of `onLine`. */
  logFolder?: string;
  /** Hears of each change; `why` tells of an end that nobody asked for. */
  onState?: (member: Member, state: MemberState, why: string) => void;
  /** Options of Node for each process, such as `--inspect=127.0.0.1:0`. */
  nodeArgs?: readonly string[];
  /** Whether what died is started again after a second; true by default. */
  keepAlive?: boolean;
  /** Gives up a start that is not done yet. */
  signal?: AbortSignal;
}

interface Group {
  parts: readonly Part[];
  replicas: number;
  members: Member[];
}

/** Processes that are one Waybill together, behind one address. */
export class Cluster {
  private readonly keeper = new Keeper();
  private readonly upstreams = new Upstreams();
  private readonly groups: Group[];
  private proxy: Proxy | null = null;
  private ended: Promise<void> | null = null;
  /** Changes wait for each other. */
  private last: Promise<unknown> = Promise.resolve();

  private constructor(private readonly options: ClusterOptions) {
    const { layout, frontend } = options;
    this.groups = layout.map(({ modules, replicas = 1 }) => ({ parts: modules, replicas, members: [] }));
    if (frontend) this.groups.push({ parts: ['frontend'], replicas: 1, members: [] });
    const names = this.groups.map(nameOf);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw new Error(`The layout has ${twice} twice: give it replicas instead`);
  }

  /** Resolves when all processes are ready and behind the proxy. When one fails, all are ended. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    options.signal?.throwIfAborted();
    const cluster = new Cluster(options);
    const giveUp = () => void cluster.stop();
    options.signal?.addEventListener('abort', giveUp);
    try {
      await cluster.bringUp();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    } finally {
      options.signal?.removeEventListener('abort', giveUp);
    }
  }

  /** Of the proxy. */
  get url(): string {
    return this.proxy?.url ?? '';
  }

  get members(): readonly Member[] {
    return this.groups.flatMap(({ members }) => members);
  }

  status(): MemberStatus[] {
    return this.members.map((member) => member.status());
  }

  /** The processes that host a module, or the web page. */
  hosting(part: Part): Member[] {
    return this.members.filter(({ parts }) => parts.includes(part));
  }

  /** So many replicas of the process that hosts the module; the newest go first, and are drained. */
  scale(part: Part, replicas: number): Promise<void> {
    return this.inTurn(async () => {
      if (!Number.isInteger(replicas) || replicas < 0 || replicas > MOST_REPLICAS)
        throw new Error(`Replicas must be a whole number from 0 to ${MOST_REPLICAS}`);
      const group = this.groupOf(part);
      const surplus = group.members.splice(replicas);
      const missing = this.grow(group, replicas);
      await Promise.all([...surplus.map((member) => member.stop()), startAll(missing)]).catch(
        async (error: unknown) => {
          group.members = group.members.filter((member) => !missing.includes(member));
          await Promise.all(missing.map((member) => member.stop()));
          throw error;
        },
      );
    });
  }

  /** Sends a signal to one process that hosts the module; resolves with it when it got it. */
  async kill(part: Part, signal: NodeJS.Signals = 'SIGKILL'): Promise<Member> {
    const hosting = this.hosting(part);
    const member = hosting.find(({ state }) => state === 'ready') ?? hosting[0];
    if (!member) throw new Error(`No process hosts ${part}`);
    const { exited } = member;
    member.kill(signal);
    if (signal === 'SIGKILL') await exited;
    return member;
  }

  /** Ends and starts one process after the other, the next one only when the former is ready again. */
  rollingRestart(part?: Part): Promise<void> {
    return this.inTurn(async () => {
      for (const member of part === undefined ? this.members : this.hosting(part)) {
        await member.stop();
        if (this.ended) return;
        await member.start();
      }
    });
  }

  /** SIGTERM to all; SIGKILL for those that are still there after 12 s. */
  stop(): Promise<void> {
    this.ended ??= this.end();
    return this.ended;
  }

  private async end(): Promise<void> {
    // Twice: a start that was under way may have added or started one in the meantime.
    await Promise.all(this.members.map((member) => member.stop()));
    await this.last.catch(() => undefined);
    await Promise.all(this.members.map((member) => member.stop()));
    this.upstreams.close();
    await this.proxy?.close();
    await this.keeper.close();
  }

  private async bringUp(): Promise<void> {
    const { frontend = false, port = 0 } = this.options;
    this.proxy = await Proxy.listen(this.upstreams, port, { frontend });
    const members = this.groups.flatMap((group) => this.grow(group, group.replicas));
    await this.inTurn(() => startAll(members));
  }

  /** Adds what a group lacks, not started yet. */
  private grow(group: Group, replicas: number): Member[] {
    const before = group.members.length;
    const added = Array.from({ length: Math.max(0, replicas - before) }, (_, index) =>
      this.member(group, before + index + 1),
    );
    group.members.push(...added);
    return added;
  }

  private member(group: Group, number: number): Member {
    const { env, nodeArgs = [], keepAlive = true, onLine, onState, modulePorts, logFolder } = this.options;
    const ownPort = modulePorts && number === 1 && group.parts.length === 1;
    const name = `${nameOf(group)}-${number}`;
    return new Member({
      name,
      parts: group.parts,
      env,
      nodeArgs,
      keepAlive,
      keeper: this.keeper,
      upstreams: this.upstreams,
      ...(logFolder === undefined ? {} : { logFile: join(logFolder, `${name}.log`) }),
      ...(ownPort ? { preferredPort: portOf(group.parts) } : {}),
      onLine: (process, line, stream) => onLine?.(process, line, stream),
      onState: (member, why) => onState?.(member, member.state, why),
    });
  }

  private groupOf(part: Part): Group {
    const hosting = this.groups.filter(({ parts }) => parts.includes(part));
    const [smallest] = hosting.toSorted((one, other) => one.parts.length - other.parts.length);
    if (!smallest) throw new Error(`The layout has no process that hosts ${part}`);
    return smallest;
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last
      .catch(() => undefined)
      .then(() => {
        if (this.ended) throw new Error('The cluster has been stopped');
        return work();
      });
    this.last = turn;
    return turn;
  }
}

async function startAll(members: readonly Member[]): Promise<void> {
  await inLanes(STARTS_AT_ONCE, members, (member) => member.start());
}

function nameOf({ parts }: { parts: readonly Part[] }): string {
  return parts.length === MODULE_NAMES.length ? 'all' : parts.join('+');
}
