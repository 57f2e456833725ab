import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Cluster } from '../../lab/cluster.js';
import type { Member } from '../../lab/member.js';
import { MODULE_NAMES, MODULES, type ModuleName } from '../../src/modules.js';

/** Stands where kubectl or docker does on PATH, and hands on what it was told. */
const PROGRAM = `
const [, , program, url, ...args] = process.argv;
fetch(url, { method: 'POST', body: JSON.stringify([program, ...args]) }).then(async (answer) => {
  process.exitCode = answer.ok ? 0 : 1;
  (answer.ok ? process.stdout : process.stderr).write(await answer.text());
});
`;

/**
 * Makes the lab's processes look like pods and containers to kubectl and docker of its own, which know the few commands
 * that deploy/chaos gives them. What they do is done to real processes.
 */
export class Orchestrator {
  /** All that was asked for: `kubectl --namespace waybill get pods …`. */
  readonly commands: string[] = [];
  /** How a Deployment is restarted; a test may put a worse way in its place. */
  restart = (cluster: Cluster, module: ModuleName): Promise<void> => cluster.rollingRestart(module);
  private restarting: Promise<void> = Promise.resolve();

  private constructor(
    private readonly cluster: Cluster,
    /** To be put first on PATH. */
    readonly bin: string,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(cluster: Cluster, folder: string): Promise<Orchestrator> {
    const bin = join(folder, 'bin');
    const server = createServer((request, response) => {
      void text(request)
        .then((body) => orchestrator.carryOut(JSON.parse(body) as string[]))
        .then(
          (output) => response.end(output),
          (error: unknown) => response.writeHead(500).end(String(error)),
        );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const orchestrator = new Orchestrator(cluster, bin, async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, 'hand-on.js'), PROGRAM);
    for (const program of ['kubectl', 'docker']) {
      const script = `#!/bin/sh\nexec '${process.execPath}' '${join(bin, 'hand-on.js')}' ${program} ${url} "$@"\n`;
      writeFileSync(join(bin, program), script);
      chmodSync(join(bin, program), 0o755);
    }
    return orchestrator;
  }

  private async carryOut([program, ...args]: string[]): Promise<string> {
    this.commands.push([program, ...args].join(' '));
    const answer =
      program === 'kubectl'
        ? await this.kubectl(args)
        : await this.docker(args.filter((each) => each !== '-'));
    if (answer === null) throw new Error(`unknown command: ${program} ${args.join(' ')}`);
    return answer;
  }

  private async kubectl(args: readonly string[]): Promise<string | null> {
    const [scope, , verb, ...rest] = args;
    if (scope !== '--namespace') return null;
    if (verb === 'get' && rest.join(' ') === 'pods --output json') {
      const pods = this.members().map(podOf);
      return JSON.stringify({ items: [...pods, POD_OF_A_JOB] });
    }
    if (verb === 'delete' && rest[0] === 'pod' && rest.includes('--grace-period=0')) {
      this.named(rest[1]).kill();
      return `pod "${rest[1]}" force deleted\n`;
    }
    if (verb !== 'rollout') return null;
    const module = moduleOf(rest[1]?.replace('deployment/', '') ?? '');
    if (rest[0] === 'restart') this.restarting = this.restart(this.cluster, module);
    await (rest[0] === 'status' ? this.restarting : null);
    return '';
  }

  private async docker(args: readonly string[]): Promise<string | null> {
    const [verb, ...rest] = args;
    if (verb === 'inspect') return JSON.stringify(rest.map((id) => containerOf(this.named(id))));
    if (verb === 'stop') {
      await this.named(rest[0]).stop();
      return '';
    }
    // A member that has ended is gone for good: see `members`.
    if (verb === 'rm') return '';
    if (verb !== 'compose' || rest[0] !== '--file') return null;
    const [command, ...options] = rest.slice(2);
    if (command === 'ps') {
      const ids = this.members().filter((each) => options.includes(serviceOf(each)));
      return ids.map(({ name }) => `${name}\n`).join('');
    }
    if (command !== 'up') return null;
    const [service = '', replicas = ''] = (options[options.indexOf('--scale') + 1] ?? '').split('=');
    await this.cluster.scale(moduleOf(service), Number(replicas));
    return '';
  }

  private members(): Member[] {
    return this.cluster.members.filter(({ state }) => state !== 'stopped');
  }

  private named(name: string | undefined): Member {
    const member = this.members().find((each) => each.name === name);
    if (!member) throw new Error(`not found: ${name}`);
    return member;
  }
}

/** Of the first module that it hosts. */
function serviceOf({ modules: [module] }: Member): string {
  return module === undefined ? '' : MODULES[module].service;
}

function moduleOf(service: string): ModuleName {
  const module = MODULE_NAMES.find((name) => MODULES[name].service === service);
  if (!module) throw new Error(`deployments.apps "${service}" not found`);
  return module;
}

/** As `kubectl get pods --output json` shows one of a Deployment. */
function podOf(member: Member) {
  const { name, pid, state } = member;
  return {
    metadata: {
      name,
      uid: `${name}-${pid}`,
      labels: { 'pod-template-hash': '6b5f5c8d4' },
      ownerReferences: [{ kind: 'ReplicaSet', name: `${serviceOf(member)}-6b5f5c8d4` }],
    },
    status: { conditions: [{ type: 'Ready', status: state === 'ready' ? 'True' : 'False' }] },
  };
}

const POD_OF_A_JOB = {
  metadata: {
    name: 'migrate-x7k2p',
    uid: 'job',
    labels: {},
    ownerReferences: [{ kind: 'Job', name: 'migrate' }],
  },
  status: {},
};

/** As `docker inspect` shows one with a health check. */
function containerOf(member: Member) {
  const { pid, startedAt } = member.status();
  return {
    Id: member.name,
    Name: `/${member.name}`,
    Config: { Labels: { 'com.docker.compose.service': serviceOf(member) } },
    State: {
      Running: member.state !== 'down',
      Pid: member.state === 'down' ? 0 : pid,
      StartedAt: new Date(startedAt).toISOString(),
      Health: { Status: member.state === 'ready' ? 'healthy' : 'starting' },
    },
  };
}
