import type { IConfigMap, IContainer, IPodSpec, ISecret, IService } from 'kubernetes-models/v1';
import type { IDeployment, IStatefulSet } from 'kubernetes-models/apps/v1';
import type { IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import type { ICronJob, IJob } from 'kubernetes-models/batch/v1';
import type { IIngress, INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1';
import type { IPersistentVolumeClaim } from 'kubernetes-models/v1';
import type {
  IPrometheusRule,
  IServiceMonitor,
} from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
import type * as Custom from './custom-resources.js';

/** By kind: all that the manifests may have. */
interface Kinds {
  ConfigMap: IConfigMap;
  CronJob: ICronJob;
  Deployment: IDeployment;
  HorizontalPodAutoscaler: IHorizontalPodAutoscaler;
  Ingress: IIngress;
  Job: IJob;
  NetworkPolicy: INetworkPolicy;
  PersistentVolumeClaim: IPersistentVolumeClaim;
  PodDisruptionBudget: IPodDisruptionBudget;
  PrometheusRule: IPrometheusRule;
  Secret: ISecret;
  Service: IService;
  ServiceMonitor: IServiceMonitor;
  StatefulSet: IStatefulSet;
  Cluster: Custom.ICluster;
  ExternalSecret: Custom.IExternalSecret;
  RabbitmqCluster: Custom.IRabbitmqCluster;
  RedisReplication: Custom.IRedisReplication;
  RedisSentinel: Custom.IRedisSentinel;
}

export type Labels = Readonly<Record<string, string>>;

/** As it comes out of kustomize, whether it is right or not. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Labels; annotations?: Labels };
}

export function ofKind<K extends keyof Kinds>(
  objects: readonly KubeObject[],
  kind: K,
): (KubeObject & Kinds[K])[] {
  return objects.filter((each) => each.kind === kind) as (KubeObject & Kinds[K])[];
}

/** One kind and name, or an error that says so. */
export function the<K extends keyof Kinds>(
  objects: readonly KubeObject[],
  kind: K,
  name: string,
): KubeObject & Kinds[K] {
  const found = ofKind(objects, kind).find(({ metadata }) => metadata.name === name);
  if (found === undefined) throw new Error(`There is no ${kind} ${name}`);
  return found;
}

export const nameOf = ({ kind, metadata }: KubeObject) => `${kind} ${metadata.name}`;

/** What runs pods, and how they will look. */
export interface Workload {
  name: string;
  kind: 'Deployment' | 'StatefulSet' | 'Job' | 'CronJob';
  labels: Labels;
  pod: IPodSpec;
  containers: readonly IContainer[];
}

export function workloads(objects: readonly KubeObject[]): Workload[] {
  const templates = [
    ...(['Deployment', 'StatefulSet', 'Job'] as const).flatMap((kind) =>
      ofKind(objects, kind).map(({ metadata, spec }) => ({
        kind,
        name: metadata.name,
        template: spec?.template,
      })),
    ),
    ...ofKind(objects, 'CronJob').map(({ metadata, spec }) => ({
      kind: 'CronJob' as const,
      name: metadata.name,
      template: spec?.jobTemplate.spec?.template,
    })),
  ];
  return templates.map(({ kind, name, template }) => {
    if (template?.spec === undefined) throw new Error(`${kind} ${name} has no pod`);
    const { spec, metadata } = template;
    const containers = [...(spec.initContainers ?? []), ...spec.containers];
    return { kind, name, labels: metadata?.labels ?? {}, pod: spec, containers };
  });
}

/** Whether labels have all of `wanted`. */
export function matches(labels: Labels, wanted: Labels | undefined): boolean {
  return Object.entries(wanted ?? {}).every(([name, value]) => labels[name] === value);
}
