import { BlockList } from 'node:net';
import type { INetworkPolicyPeer, INetworkPolicyPort } from 'kubernetes-models/networking.k8s.io/v1';
import { type KubeObject, type Labels, matches, nameOf, ofKind, workloads } from './objects.js';

/** Who could speak to somebody: a pod, ours or another's, or an address outside the cluster. */
export type Party = { name: string; ports: readonly Port[] } & (
  | { namespace: string; labels: Labels; address?: undefined }
  | { address: string; namespace?: undefined; labels?: undefined }
);

export interface Port {
  number: number;
  /** Of the container. */
  name?: string;
}

const NAMESPACE = 'waybill';

/** Our pods, those that operators will make included, with the ports on which they listen. */
export function ourPods(objects: readonly KubeObject[]): Party[] {
  const own = workloads(objects).map(({ name, labels, containers }) => ({
    name,
    labels,
    ports: containers.flatMap(({ ports = [] }) =>
      ports.map((port): Port => ({ number: port.containerPort, ...(port.name && { name: port.name }) })),
    ),
  }));
  const ports = (...numbers: number[]) => numbers.map((number) => ({ number }));
  const made = [
    // cert-manager's, for an Ingress that names an issuer.
    ...ofKind(objects, 'Ingress')
      .filter(({ metadata }) => metadata?.annotations?.['cert-manager.io/cluster-issuer'])
      .map(() => ({
        name: 'acme-solver',
        labels: { 'acme.cert-manager.io/http01-solver': 'true' },
        ports: ports(8089),
      })),
    // Its own labels: https://cloudnative-pg.io/docs/1.30/labels_annotations
    ...ofKind(objects, 'Cluster').map(({ metadata: { name } }) => ({
      name: 'postgres',
      labels: { 'cnpg.io/cluster': name, 'app.kubernetes.io/name': 'postgresql' },
      ports: ports(5432, 8000),
    })),
    ...ofKind(objects, 'RabbitmqCluster').map(({ metadata: { name } }) => ({
      name: 'rabbitmq',
      labels: { 'app.kubernetes.io/name': name },
      ports: ports(4369, 5672, 15672, 25672, 35672, 35682, 35683),
    })),
    ...ofKind(objects, 'RedisReplication').map(({ metadata }) => ({
      name: 'redis',
      labels: metadata.labels ?? {},
      ports: ports(6379),
    })),
    ...ofKind(objects, 'RedisSentinel').map(({ metadata }) => ({
      name: 'redis-sentinel',
      labels: metadata.labels ?? {},
      ports: ports(26379),
    })),
  ];
  return [...own, ...made].map((pod) => ({ ...pod, namespace: NAMESPACE }));
}

/** Whether the policies let one speak to a port of the other: out of the one and into the other. */
export function isAllowed(objects: readonly KubeObject[], from: Party, to: Party, port: Port): boolean {
  return passes(objects, 'Egress', from, to, port) && passes(objects, 'Ingress', to, from, port);
}

function passes(
  objects: readonly KubeObject[],
  direction: 'Ingress' | 'Egress',
  of: Party,
  other: Party,
  port: Port,
): boolean {
  if (of.namespace !== NAMESPACE) return true; // Others' policies are theirs.
  const applying = ofKind(objects, 'NetworkPolicy').filter(
    ({ spec }) => spec?.policyTypes?.includes(direction) && matches(of.labels, spec.podSelector?.matchLabels),
  );
  if (applying.length === 0) return true;
  return applying.some(({ spec }) => {
    const rules =
      direction === 'Egress'
        ? (spec?.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }))
        : (spec?.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }));
    return rules.some(
      ({ peers, ports }) =>
        (peers === undefined || peers.some((peer) => isPeer(peer, other))) &&
        (ports === undefined || ports.some((each) => isPort(each, port))),
    );
  });
}

function isPeer({ podSelector, namespaceSelector, ipBlock }: INetworkPolicyPeer, party: Party): boolean {
  if (ipBlock) return party.address !== undefined && isWithin(party.address, ipBlock);
  if (party.address !== undefined) return false;
  const inNamespace = namespaceSelector
    ? matches({ 'kubernetes.io/metadata.name': party.namespace }, namespaceSelector.matchLabels)
    : party.namespace === NAMESPACE;
  return inNamespace && matches(party.labels, podSelector?.matchLabels);
}

function isWithin(address: string, { cidr, except = [] }: { cidr: string; except?: string[] }): boolean {
  const within = (blocks: readonly string[]) => {
    const list = new BlockList();
    for (const block of blocks) {
      const [network = '', bits = ''] = block.split('/');
      list.addSubnet(network, Number(bits));
    }
    return list.check(address);
  };
  return within([cidr]) && !within(except);
}

/** Ports are the pod's, by number, range or name, and of TCP unless they say otherwise. */
function isPort({ port, endPort, protocol = 'TCP' }: INetworkPolicyPort, { number, name }: Port): boolean {
  if (protocol !== 'TCP') return false;
  return typeof port === 'number' ? port <= number && number <= (endPort ?? port) : port === name;
}

/** Policies that are for nobody, or speak of pods or named ports of ours that there are not. */
export function idlePolicies(objects: readonly KubeObject[]): string[] {
  const pods = ourPods(objects);
  return ofKind(objects, 'NetworkPolicy').flatMap((policy) => {
    const { podSelector, ingress = [], egress = [] } = policy.spec ?? {};
    const rules = [
      ...ingress.map(({ from = [], ports = [] }) => ({ peers: from, ports, targets: [podSelector] })),
      ...egress.map(({ to = [], ports = [] }) => ({
        peers: to,
        ports,
        targets: to.map((peer) => peer.podSelector),
      })),
    ];
    const selectors = [
      podSelector,
      ...rules.flatMap(({ peers }) =>
        peers.filter((peer) => !peer.namespaceSelector).map((peer) => peer.podSelector),
      ),
    ];
    const find = (labels: Labels | undefined) => pods.filter((pod) => matches(pod.labels ?? {}, labels));
    const lost = selectors.filter((each) => each && find(each.matchLabels).length === 0);
    const unnamed = rules.flatMap(({ ports, targets }) =>
      ports.filter(
        ({ port }) =>
          typeof port === 'string' &&
          !targets.some((each) =>
            find(each?.matchLabels).some((pod) => pod.ports.some(({ name }) => name === port)),
          ),
      ),
    );
    return [
      ...lost.map((each) => `${nameOf(policy)} selects nobody: ${JSON.stringify(each?.matchLabels)}`),
      ...unnamed.map(({ port }) => `${nameOf(policy)} names the port ${port}, which nobody has`),
    ];
  });
}
