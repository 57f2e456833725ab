import type { IAffinity } from 'kubernetes-models/v1';
import { MODULES } from '../../src/modules.js';
import { build } from './kustomize.js';
import { type KubeObject, type Labels, matches, the, workloads } from './objects.js';
import { referenceProblems } from './references.js';
import { isService, workloadProblems } from './workload-rules.js';

const LAB = ['overlays/kind', 'overlays/kind/restore', 'monitoring', 'load'];
const PRODUCTION = ['overlays/production'];

type Plant = [what: string, plant: (objects: KubeObject[]) => unknown, found: string];

const deployment = (objects: KubeObject[]) => the(objects, 'Deployment', 'order-service');
const pod = (objects: KubeObject[]) => required(deployment(objects).spec?.template.spec);
const container = (objects: KubeObject[]) => required(pod(objects).containers[0]);
const without = (object: object, ...keys: string[]) => keys.map((key) => Reflect.deleteProperty(object, key));
const replace = (objects: KubeObject[], kind: string, name: string) =>
  objects.splice(
    objects.findIndex((each) => each.kind === kind && each.metadata.name === name),
    1,
  );

describe.each([
  ['the lab', LAB],
  ['production', PRODUCTION],
])('the pods of %s', (_, folders) => {
  it('are bounded, without rights, probed, scaled, and replaced without a gap', async () => {
    const objects = await build(...folders);
    expect(workloads(objects).length).toBeGreaterThan(9);
    expect(workloadProblems(objects)).toEqual([]);
  });

  it('are those of each module and of the web page, to which the rules for services apply', async () => {
    const services = workloads(await build(...folders)).filter(isService);
    const wanted = [...Object.values(MODULES).map(({ service }) => service), 'frontend'];
    expect(services.map(({ name }) => name).toSorted()).toEqual(wanted.toSorted());
  });

  it('name nothing that there is not', async () => {
    expect(referenceProblems(await build(...folders))).toEqual([]);
  });

  it('find a connection to PostgreSQL each, when all are scaled to their most and one service is replaced', async () => {
    const objects = await build(...folders);
    const most = 6 * (4 + 1) * (8 + 2);
    const [[, limit = '0'] = []] = JSON.stringify(objects).matchAll(/max_connections(?:=|":")(\d+)/g);
    expect(Number(limit)).toBeGreaterThanOrEqual(most);
    for (const each of objects.filter(({ kind }) => kind === 'HorizontalPodAutoscaler'))
      expect(each).toMatchObject({ spec: { minReplicas: 2, maxReplicas: 4 } });
  });
});

describe('the stores of production', () => {
  /** Of those whose pods are found by `labels`: whether they keep off each other's machines. */
  const apart = (affinity: IAffinity | undefined, labels: Labels) =>
    affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.some(
      ({ topologyKey, labelSelector }) =>
        topologyKey === 'kubernetes.io/hostname' && matches(labels, labelSelector?.matchLabels),
    );

  it('are three of each, on three machines, of which one at a time may be drained', async () => {
    const objects = await build(...PRODUCTION);
    const { spec: postgres } = the(objects, 'Cluster', 'postgres');
    // Its operator makes the budgets.
    expect(postgres).toMatchObject({ instances: 3, affinity: { podAntiAffinityType: 'required' } });

    const { spec: rabbitmq } = the(objects, 'RabbitmqCluster', 'rabbitmq');
    const labels = { 'app.kubernetes.io/name': 'rabbitmq' };
    expect([rabbitmq.replicas, apart(rabbitmq.affinity, labels)]).toEqual([3, true]);
    const { spec: budget } = the(objects, 'PodDisruptionBudget', 'rabbitmq');
    expect([budget?.maxUnavailable, matches(labels, budget?.selector?.matchLabels)]).toEqual([1, true]);

    for (const kind of ['RedisReplication', 'RedisSentinel'] as const) {
      const { metadata, spec } = the(objects, kind, 'redis');
      expect([kind, spec.clusterSize, apart(spec.affinity, metadata.labels ?? {})]).toEqual([kind, 3, true]);
      expect(spec.pdb).toEqual({ enabled: true, maxUnavailable: 1 });
    }
  });
});

const ruleBreaches: Plant[] = [
  ['no limit', (o) => without(required(container(o).resources?.limits), 'memory'), 'has no limits of memory'],
  ['no request', (o) => without(required(container(o).resources?.requests), 'cpu'), 'has no requests of cpu'],
  ['a root', (o) => Object.assign(required(pod(o).securityContext), { runAsUser: 0 }), 'may run as root'],
  [
    'no seccomp',
    (o) => without(required(pod(o).securityContext), 'seccompProfile'),
    'has no seccomp profile',
  ],
  ['a token', (o) => without(pod(o), 'automountServiceAccountToken'), 'has a token of Kubernetes'],
  [
    'a writable root',
    (o) => without(required(container(o).securityContext), 'readOnlyRootFilesystem'),
    'may write into its image',
  ],
  [
    'a capability',
    (o) => Object.assign(required(container(o).securityContext?.capabilities), { add: ['NET_RAW'] }),
    'keeps capabilities',
  ],
  [
    'an escalation',
    (o) => without(required(container(o).securityContext), 'allowPrivilegeEscalation'),
    'may gain privileges',
  ],
  ['no probe', (o) => without(container(o), 'readinessProbe'), 'has no readinessProbe'],
  [
    'any version',
    (o) => Object.assign(container(o), { image: 'waybill:latest' }),
    'runs waybill:latest, which is no version',
  ],
  [
    'no version',
    (o) => Object.assign(container(o), { image: 'registry:5000/waybill' }),
    'runs registry:5000/waybill, which is no version',
  ],
  [
    'a gap',
    (o) => Object.assign(required(deployment(o).spec?.strategy?.rollingUpdate), { maxUnavailable: 1 }),
    'loses a pod while it is replaced',
  ],
  [
    'a web page alone',
    (o) => replace(o, 'HorizontalPodAutoscaler', 'frontend'),
    'Deployment frontend is not scaled from two on',
  ],
  ['no scaler', (o) => replace(o, 'HorizontalPodAutoscaler', 'order-service'), 'is not scaled from two on'],
  ['no budget', (o) => replace(o, 'PodDisruptionBudget', 'order-service'), 'has not one disruption budget'],
  [
    'no spread',
    (o) => required(pod(o).topologySpreadConstraints).pop(),
    'is not spread over topology.kubernetes.io/zone',
  ],
  ['no pause', (o) => without(container(o), 'lifecycle'), 'ends before it is out of the load balancers'],
  [
    'no grace',
    (o) => Object.assign(pod(o), { terminationGracePeriodSeconds: 10 }),
    'is killed before it has drained',
  ],
  [
    'a wide selector',
    (o) =>
      Object.assign(required(deployment(o).spec?.selector), {
        matchLabels: { 'app.kubernetes.io/component': 'service' },
      }),
    'does not select its own pods alone',
  ],
  [
    'a lone scaler',
    (o) => replace(o, 'Deployment', 'order-service'),
    'HorizontalPodAutoscaler order-service scales nothing',
  ],
];

const lostReferences: Plant[] = [
  [
    'a ConfigMap',
    (o) => Object.assign(required(container(o).envFrom?.[0]?.configMapRef), { name: 'wayball' }),
    'names ConfigMap/wayball',
  ],
  [
    'a Secret',
    (o) => Object.assign(required(container(o).env?.[2]?.valueFrom?.secretKeyRef), { name: 'rabbit' }),
    'names Secret/rabbit/connection_string',
  ],
  [
    'a key',
    (o) => Object.assign(required(container(o).env?.[3]?.valueFrom?.secretKeyRef), { key: 'uri' }),
    'names Secret/redis/uri',
  ],
  [
    'a key of a ConfigMap',
    (o) =>
      Object.assign(
        required(
          the(o, 'Deployment', 'frontend').spec?.template.spec?.containers[0]?.env?.[0]?.valueFrom
            ?.configMapKeyRef,
        ),
        { key: 'NODE_EMV' },
      ),
    'Deployment frontend names ConfigMap/waybill-',
  ],
  ['a volume', (o) => required(pod(o).volumes).pop(), 'mounts tmp'],
  ['a mount', (o) => without(container(o), 'volumeMounts'), 'does not mount tmp'],
  [
    'a claim',
    (o) => replace(o, 'PersistentVolumeClaim', 'backups'),
    'CronJob backup names the claim backups',
  ],
  [
    'a port',
    (o) => Object.assign(required(container(o).ports?.[0]), { name: 'web' }),
    'Service order-service leads to the port http',
  ],
  ['pods', (o) => replace(o, 'StatefulSet', 'redis'), 'Service redis-master leads to 0 workloads'],
  [
    'a Service',
    (o) => replace(o, 'Service', 'order-service'),
    'Ingress waybill leads /api/v1/orders to order-service',
  ],
  [
    'a target',
    (o) => Object.assign(the(o, 'ServiceMonitor', 'redis').spec.selector, { matchLabels: { a: 'b' } }),
    'ServiceMonitor redis scrapes metrics of nothing',
  ],
];

describe('a mistake that is planted', () => {
  it.each(ruleBreaches)('%s, is found', async (_, plant, found) => {
    const objects = await build(...LAB);
    plant(objects);
    expect(workloadProblems(objects)).toContainEqual(expect.stringContaining(found));
  });

  it.each(lostReferences)('%s that is not there, is found', async (_, plant, found) => {
    const objects = await build(...LAB);
    plant(objects);
    expect(referenceProblems(objects)).toContainEqual(expect.stringContaining(found));
  });
});

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('The manifests have nothing there to spoil');
  return value;
}
