import { build } from './kustomize.js';
import { idlePolicies, isAllowed, ourPods, type Party, type Port } from './network.js';
import { type KubeObject, the } from './objects.js';

const SERVICES = ['order', 'inventory', 'payment', 'user', 'notification', 'catalog'].map(
  (each) => `${each}-service`,
);

const neighbour = (
  name: string,
  namespace: string,
  labels: Record<string, string>,
  ...ports: number[]
): Party => ({
  name,
  namespace,
  labels,
  ports: ports.map((number) => ({ number })),
});
const named = (name: string) => ({ 'app.kubernetes.io/name': name });

/** Who else there is: neighbours in the cluster, whom some know, and the world, with every port that could matter. */
const OTHERS: Party[] = [
  neighbour('traefik', 'traefik', named('traefik'), 8000, 8443),
  neighbour('prometheus', 'monitoring', named('prometheus'), 9090),
  neighbour('grafana', 'monitoring', named('grafana'), 3000),
  neighbour('alloy', 'monitoring', named('alloy'), 4317, 4318),
  neighbour('cnpg', 'cnpg-system', named('cloudnative-pg'), 9443),
  neighbour('barman plugin', 'cnpg-system', { app: 'barman-cloud' }, 9090),
  neighbour('rabbitmq-operator', 'rabbitmq-system', named('rabbitmq-cluster-operator'), 9443),
  neighbour('redis-operator', 'ot-operators', named('redis-operator'), 9443),
  neighbour('stranger', 'default', named('order-service'), 80, 443, 5432),
  { name: 'api server', address: '10.96.0.1', ports: [{ number: 443 }, { number: 6443 }] },
  { name: 'private', address: '192.168.1.1', ports: [25, 80, 443, 465, 587].map((number) => ({ number })) },
  // A private block too, which clouds give to pods and nodes.
  { name: 'shared', address: '100.64.0.10', ports: [25, 80, 443, 465, 587].map((number) => ({ number })) },
  { name: 'metadata', address: '169.254.169.254', ports: [{ number: 80 }, { number: 443 }] },
  { name: 'pod identity', address: '169.254.170.23', ports: [{ number: 80 }, { number: 443 }] },
  { name: 'world', address: '203.0.113.7', ports: [25, 80, 443, 465, 587].map((number) => ({ number })) },
];

/** Everybody to everybody, at every port on which anybody listens. */
function flows(objects: readonly KubeObject[]): string[] {
  const ours = ourPods(objects);
  const everybody = [...ours, ...OTHERS];
  const isOurs = (party: Party) => ours.includes(party);
  return everybody
    .flatMap((from) =>
      everybody
        .filter((to) => from !== to || !SERVICES.includes(to.name))
        .filter((to) => isOurs(from) || isOurs(to))
        .flatMap((to) =>
          to.ports
            .filter((port: Port) => isAllowed(objects, from, to, port))
            .map(({ number }) => `${from.name} → ${to.name}:${number}`),
        ),
    )
    .toSorted();
}

const all = (...lines: string[]) =>
  lines.flatMap((line) => (line.includes('*') ? SERVICES.map((each) => line.replace('*', each)) : [line]));

const EVERYWHERE = all(
  'traefik → *:8000',
  'traefik → frontend:3000',
  'prometheus → *:8000',
  '* → postgres:5432',
  '* → rabbitmq:5672',
  '* → redis:6379',
  '* → alloy:4318',
  'migrate → postgres:5432',
  ...['postgres-exporter:9187', 'redis-exporter:9121', 'rabbitmq-exporter:9419'].map(
    (each) => `prometheus → ${each}`,
  ),
  'postgres-exporter → postgres:5432',
  'redis-exporter → redis:6379',
  'rabbitmq-exporter → rabbitmq:15672',
);

const LAB = [
  ...EVERYWHERE,
  'payment-service → mock-gateway:8010',
  'backup → postgres:5432',
  'restore → postgres:5432',
  'k6 → traefik:8000',
  'k6-now → traefik:8000',
];

const PRODUCTION = [
  ...EVERYWHERE,
  'traefik → acme-solver:8089',
  'payment-service → world:443',
  ...[443, 465, 587].map((port) => `notification-service → world:${port}`),
  'postgres → postgres:5432',
  'postgres → postgres:8000',
  'cnpg → postgres:5432',
  'cnpg → postgres:8000',
  'rabbitmq → rabbitmq:4369',
  'rabbitmq → rabbitmq:25672',
  'rabbitmq → rabbitmq:35672',
  'rabbitmq → rabbitmq:35682',
  'rabbitmq-operator → rabbitmq:15672',
  'redis → redis:6379',
  'redis-sentinel → redis:6379',
  'redis-sentinel → redis-sentinel:26379',
  'redis-operator → redis:6379',
  'redis-operator → redis-sentinel:26379',
  // The API server and the object store, which no selector finds.
  ...['postgres', 'rabbitmq'].flatMap((each) =>
    ['api server:443', 'api server:6443', 'private:443', 'shared:443', 'world:443'].map(
      (to) => `${each} → ${to}`,
    ),
  ),
];

describe('NetworkPolicies', () => {
  it('let through in the lab what is needed, and nothing else', async () => {
    const objects = await build('overlays/kind', 'overlays/kind/restore', 'monitoring', 'load');
    expect(flows(objects)).toEqual(LAB.toSorted());
  });

  it('let through in production what is needed, and nothing else', async () => {
    expect(flows(await build('overlays/production'))).toEqual(PRODUCTION.toSorted());
  });

  it('let everybody ask for names', async () => {
    const objects = await build('overlays/production');
    const { spec } = the(objects, 'NetworkPolicy', 'names');
    expect(spec).toMatchObject({
      podSelector: {},
      egress: [{ ports: [{ protocol: 'UDP', port: 53 }, { port: 53 }] }],
    });
  });

  it.each([
    ['the lab', ['overlays/kind', 'overlays/kind/restore', 'monitoring', 'load']],
    ['production', ['overlays/production']],
  ])('of %s are each for somebody', async (_, folders) => {
    expect(idlePolicies(await build(...folders))).toEqual([]);
  });

  it('that do not deny by default are seen', async () => {
    const objects = await build('overlays/kind', 'monitoring');
    const open = objects.filter(
      ({ metadata }) => metadata.name !== 'deny-by-default' && metadata.name !== 'names',
    );
    expect(flows(open)).toEqual(expect.arrayContaining(['rabbitmq → world:443', 'migrate → postgres:5432']));
  });

  it('that select nobody, or a port that nobody has, are seen', async () => {
    const objects = await build('overlays/kind');
    Object.assign(the(objects, 'NetworkPolicy', 'redis').spec?.podSelector ?? {}, {
      matchLabels: named('radis'),
    });
    Object.assign(the(objects, 'NetworkPolicy', 'mock-gateway').spec?.ingress?.[0] ?? {}, {
      ports: [{ port: 'web' }],
    });
    expect(idlePolicies(objects)).toEqual([
      'NetworkPolicy mock-gateway names the port web, which nobody has',
      'NetworkPolicy redis selects nobody: {"app.kubernetes.io/name":"radis"}',
    ]);
  });
});
