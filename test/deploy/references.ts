import type { IContainer } from 'kubernetes-models/v1';
import { type KubeObject, matches, nameOf, ofKind, type Workload, workloads } from './objects.js';

/** What names something that there is not: settings, secrets, volumes, ports, Services. Empty when all is well. */
export function referenceProblems(objects: readonly KubeObject[]): string[] {
  const known = keysOf(objects);
  const all = workloads(objects);
  return [
    ...all.flatMap((workload) =>
      keysNamed(workload)
        .filter((key) => !known.has(key))
        .map((key) => `${workload.kind} ${workload.name} names ${key}`),
    ),
    ...all.flatMap((workload) => volumeProblems(workload, objects)),
    ...serviceProblems(objects, all),
    ...ingressProblems(objects),
    ...monitorProblems(objects),
  ];
}

/** Every ConfigMap and Secret, as `Secret/name` and `Secret/name/key`, those that operators make included. */
function keysOf(objects: readonly KubeObject[]): Set<string> {
  const made: [kind: string, name: string, keys: readonly string[]][] = [
    ...ofKind(objects, 'ConfigMap').map(({ metadata, data }) => entry('ConfigMap', metadata.name, data)),
    ...ofKind(objects, 'Secret').map(({ metadata, data }) => entry('Secret', metadata.name, data)),
    ...ofKind(objects, 'ExternalSecret').map(({ spec: { target, data } }) => {
      const keys = target.template
        ? Object.keys(target.template.data)
        : data.map(({ secretKey }) => secretKey);
      return ['Secret', target.name, keys] as [string, string, string[]];
    }),
    ...ofKind(objects, 'Cluster').map(({ metadata }): [string, string, string[]] => [
      'Secret',
      `${metadata.name}-app`,
      ['username', 'password', 'dbname', 'host', 'port', 'uri'],
    ]),
    ...ofKind(objects, 'RabbitmqCluster').map(({ metadata }): [string, string, string[]] => [
      'Secret',
      `${metadata.name}-default-user`,
      ['username', 'password', 'host', 'port', 'connection_string'],
    ]),
  ];
  return new Set(
    made.flatMap(([kind, name, keys]) => [`${kind}/${name}`, ...keys.map((key) => `${kind}/${name}/${key}`)]),
  );
}

const entry = (kind: string, name: string, data: object | undefined): [string, string, string[]] => [
  kind,
  name,
  Object.keys(data ?? {}),
];

function keysNamed({ pod, containers }: Workload): string[] {
  const fromEnv = containers.flatMap(({ env = [], envFrom = [] }: IContainer) => [
    ...envFrom.flatMap(({ configMapRef, secretRef }) => [
      ...(configMapRef ? [`ConfigMap/${configMapRef.name}`] : []),
      ...(secretRef ? [`Secret/${secretRef.name}`] : []),
    ]),
    ...env.flatMap(({ valueFrom }) => [
      ...(valueFrom?.configMapKeyRef && !valueFrom.configMapKeyRef.optional
        ? [`ConfigMap/${valueFrom.configMapKeyRef.name}/${valueFrom.configMapKeyRef.key}`]
        : []),
      ...(valueFrom?.secretKeyRef
        ? [`Secret/${valueFrom.secretKeyRef.name}/${valueFrom.secretKeyRef.key}`]
        : []),
    ]),
  ]);
  const mounted = (pod.volumes ?? []).flatMap(({ name, configMap, secret }) => [
    ...(configMap ? [`ConfigMap/${configMap.name}`] : []),
    ...(secret ? [`Secret/${secret.secretName}`] : []),
    ...containers.flatMap(({ volumeMounts = [] }) =>
      volumeMounts
        .filter((mount) => configMap && mount.name === name && mount.subPath)
        .map(({ subPath }) => `ConfigMap/${configMap?.name}/${subPath}`),
    ),
  ]);
  return [...fromEnv, ...mounted];
}

/** Volumes that are mounted, and claims that are made. */
function volumeProblems({ kind, name, pod, containers }: Workload, objects: readonly KubeObject[]): string[] {
  const claims = ofKind(objects, 'PersistentVolumeClaim').map(({ metadata }) => metadata.name);
  const templates = ofKind(objects, 'StatefulSet').find(
    ({ metadata }) => kind === 'StatefulSet' && metadata.name === name,
  );
  const volumes = [
    ...(pod.volumes ?? []).map((volume) => volume.name),
    ...(templates?.spec?.volumeClaimTemplates ?? []).map(({ metadata }) => metadata?.name),
  ];
  const mounts = containers.flatMap(({ volumeMounts = [] }) => volumeMounts.map((mount) => mount.name));
  const wanted = (pod.volumes ?? []).flatMap(
    ({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? [],
  );
  return [
    ...mounts.filter((each) => !volumes.includes(each)).map((each) => `mounts ${each}`),
    ...volumes.filter((each) => each && !mounts.includes(each)).map((each) => `does not mount ${each}`),
    ...wanted.filter((each) => !claims.includes(each)).map((each) => `names the claim ${each}`),
  ].map((problem) => `${kind} ${name} ${problem}`);
}

function serviceProblems(objects: readonly KubeObject[], all: readonly Workload[]): string[] {
  return ofKind(objects, 'Service').flatMap((each) => {
    const pods = all.filter(({ labels }) => matches(labels, each.spec?.selector));
    if (pods.length !== 1) return [`${nameOf(each)} leads to ${pods.length} workloads`];
    const ports = pods.flatMap(({ containers }) => containers.flatMap((one) => one.ports ?? []));
    return (each.spec?.ports ?? [])
      .filter(({ targetPort }) => !ports.some(({ name }) => name === targetPort))
      .map(({ targetPort }) => `${nameOf(each)} leads to the port ${targetPort}`);
  });
}

function ingressProblems(objects: readonly KubeObject[]): string[] {
  return ofKind(objects, 'Ingress').flatMap((each) => {
    const paths = (each.spec?.rules ?? []).flatMap(({ http }) => http?.paths ?? []);
    return paths.flatMap(({ path, backend: { service } }) => {
      const found = ofKind(objects, 'Service').find(({ metadata }) => metadata.name === service?.name);
      const port = found?.spec?.ports?.some(({ name }) => name === service?.port?.name);
      return port ? [] : [`${nameOf(each)} leads ${path} to ${service?.name}`];
    });
  });
}

function monitorProblems(objects: readonly KubeObject[]): string[] {
  return ofKind(objects, 'ServiceMonitor').flatMap((each) => {
    const services = ofKind(objects, 'Service').filter(({ metadata }) =>
      matches(metadata.labels ?? {}, each.spec.selector.matchLabels),
    );
    const has = (port: string | undefined) =>
      services.length > 0 && services.every(({ spec }) => spec?.ports?.some(({ name }) => name === port));
    return each.spec.endpoints
      .filter(({ port }) => !has(port))
      .map(({ port }) => `${nameOf(each)} scrapes ${port} of nothing`);
  });
}
