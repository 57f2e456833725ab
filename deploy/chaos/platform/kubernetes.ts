import type { Instance, Platform } from './platform.js';
import { runProgram } from './run-program.js';

/** A new process, its probes, and the drain of the old one, for each replica. */
const ROLL_SECONDS = 300;

interface Pod {
  metadata: {
    name: string;
    uid: string;
    deletionTimestamp?: string;
    labels?: Record<string, string>;
    ownerReferences?: { kind: string; name: string }[];
  };
  status: { conditions?: { type: string; status: string }[] };
}

export interface KubernetesOptions {
  namespace: string;
  /** Of kubectl's configuration; its current one when left out. */
  context?: string;
}

/** Pods of Deployments and StatefulSets, by kubectl. */
export class Kubernetes implements Platform {
  readonly name = 'kubernetes';
  private readonly scope: readonly string[];

  constructor({ namespace, context }: KubernetesOptions) {
    this.scope = [...(context ? ['--context', context] : []), '--namespace', namespace];
  }

  async instances(services: readonly string[]): Promise<Instance[]> {
    const { items } = JSON.parse(await this.kubectl(['get', 'pods', '--output', 'json'])) as { items: Pod[] };
    return items.flatMap((pod) => {
      const service = workloadOf(pod);
      if (service === null || !services.includes(service)) return [];
      const { name, uid, deletionTimestamp } = pod.metadata;
      const isReady = pod.status.conditions?.some(
        ({ type, status }) => type === 'Ready' && status === 'True',
      );
      return { name, service, ready: isReady === true && deletionTimestamp === undefined, incarnation: uid };
    });
  }

  /**
   * As hard as the API allows: the pod is gone from it and from the load balancers at once. The kubelet still gives the
   * process a SIGTERM and some two seconds: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination-forced
   */
  async kill({ name }: Instance): Promise<void> {
    await this.kubectl(['delete', 'pod', name, '--grace-period=0', '--force', '--wait=false']);
  }

  async roll(service: string): Promise<void> {
    await this.kubectl(['rollout', 'restart', `deployment/${service}`]);
    const status = ['rollout', 'status', `deployment/${service}`, `--timeout=${ROLL_SECONDS}s`];
    await this.kubectl(status, (ROLL_SECONDS + 10) * 1000);
  }

  private kubectl(args: readonly string[], timeoutMs?: number): Promise<string> {
    return runProgram('kubectl', [...this.scope, ...args], timeoutMs);
  }
}

/** The Deployment or StatefulSet that a pod belongs to, whatever its labels say; null for those of Jobs. */
function workloadOf({ metadata: { ownerReferences = [], labels = {} } }: Pod): string | null {
  const [owner] = ownerReferences;
  if (owner?.kind === 'StatefulSet') return owner.name;
  if (owner?.kind !== 'ReplicaSet') return null;
  return owner.name.replace(new RegExp(`-${labels['pod-template-hash'] ?? ''}$`), '');
}
